/** Notices that nothing moves any more. */

export interface Watchdog {
  /** Something moved. */
  readonly fed: () => void;
  /** Something must move within this time, or the limit if that is shorter. */
  readonly hurry: (ms: number) => void;
  readonly stop: () => void;
}

export function watchdog(limitMs: number, onStall: () => void): Watchdog {
  let timer = setTimeout(onStall, limitMs);
  const restart = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(onStall, ms);
  };
  return {
    fed: () => {
      restart(limitMs);
    },
    hurry: (ms) => {
      restart(Math.min(ms, limitMs));
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
