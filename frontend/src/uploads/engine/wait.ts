/** Waiting that ends at once when it is no longer wanted. */

import { networkError } from "./errors";
import type { Network } from "./ports";

/** Resolves after a time; rejects with the signal's reason when that comes first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Resolves when the network is back, or after a while without that: browsers call a machine
 * offline that can still reach a server on itself.
 */
export function untilOnline(network: Network, signal: AbortSignal, probeMs: number): Promise<void> {
  const woken = new AbortController();
  const stop = network.subscribe(() => {
    if (network.online) woken.abort();
  });
  return sleep(probeMs, AbortSignal.any([signal, woken.signal]))
    .catch((reason: unknown) => {
      if (signal.aborted) throw reason;
    })
    .finally(stop);
}

/** Gives a call so long for its answer; without one it is as if the network had failed. */
export async function inTime<T>(
  ms: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(networkError("No answer came in time."));
  }, ms);
  try {
    return await call(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    late.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("stopped");
}
