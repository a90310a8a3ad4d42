/** One tab at a time drives an upload: Web Locks, which a closed or crashed tab gives back. */

export interface Lock {
  release(): void;
}

export interface Locks {
  /** The lock, or null when another tab has it. */
  tryTake(uploadId: string): Promise<Lock | null>;
  /** The lock, as soon as no other tab has it; rejects when the signal says so. */
  take(uploadId: string, signal: AbortSignal): Promise<Lock>;
}

/** The part of `navigator.locks` that is used. */
export interface LockRequests {
  request(
    name: string,
    options: LockOptions,
    callback: (lock: unknown) => Promise<void>,
  ): Promise<unknown>;
}

const FREE: Lock = {
  release: () => undefined,
};

/**
 * Without https there are no locks: every tab may drive then, which at worst sends a part twice,
 * and none takes over from another.
 */
export function browserLocks(
  requests: LockRequests | null = (navigator as { readonly locks?: LockManager }).locks ?? null,
): Locks {
  if (requests === null) return { tryTake: () => Promise.resolve(FREE), take: never };
  return {
    // A page that may not have locks, in some frame, is as one without them.
    tryTake: (uploadId) => hold(requests, uploadId, { ifAvailable: true }).catch(() => FREE),
    take: async (uploadId, signal) => (await hold(requests, uploadId, { signal })) ?? FREE,
  };
}

function never(_uploadId: string, signal: AbortSignal): Promise<Lock> {
  return new Promise((_resolve, reject) => {
    const stop = () => {
      reject(new Error("stopped"));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** A lock lives as long as the promise of its callback; `release` ends that. */
function hold(
  requests: LockRequests,
  uploadId: string,
  options: LockOptions,
): Promise<Lock | null> {
  return new Promise((resolve, reject) => {
    requests
      .request(`framemill-upload-${uploadId}`, options, (lock) => {
        if (lock === null) {
          resolve(null);
          return Promise.resolve();
        }
        return new Promise<void>((release) => {
          resolve({ release });
        });
      })
      .catch(reject);
  });
}
