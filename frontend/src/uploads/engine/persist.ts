/** Does something again and again until it works, is refused for good, or is no longer wanted. */

import { UploadError } from "./errors";
import type { Network } from "./ports";
import { waitBefore } from "./retry";
import { sleep, untilOnline } from "./wait";

const PROBE_MS = 15_000;

export interface Patience {
  readonly network: Network;
  /** From 0 to 1. */
  readonly random: () => number;
  /** It waits for the network now. */
  readonly onLost?: () => void;
  /** It waited for the network, which is back. */
  readonly onBack?: () => void;
}

/**
 * @param work what is done; a failure is an `UploadError`
 * @param signal ends the work and the waiting
 * @throws UploadError the last failure, or the signal's reason
 */
export async function persist<T>(
  work: () => Promise<T>,
  { network, random, onLost, onBack }: Patience,
  signal: AbortSignal,
): Promise<T> {
  const failures = new Map<string, number>();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = UploadError.from(thrown);
      if (error.code === "network_error" && !network.online) {
        // Not counted: a night without a network is no reason to give up.
        onLost?.();
        await untilOnline(network, signal, PROBE_MS);
        if (isOnline(network)) onBack?.();
        continue;
      }
      const count = (failures.get(error.code) ?? 0) + 1;
      failures.set(error.code, count);
      const ms = waitBefore(error, count, random());
      if (ms === null) throw error;
      await sleep(ms, signal);
    }
  }
}

/** Asked again after waiting; TypeScript would remember the answer from before. */
function isOnline(network: Network): boolean {
  return network.online;
}
