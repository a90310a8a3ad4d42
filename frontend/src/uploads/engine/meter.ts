/** Speed over the last seconds, and how long the rest takes. Pure: the caller gives the time. */

/** Long enough to smooth the bursts in which browsers report, short enough to follow a change. */
const WINDOW_MS = 8_000;
/** Before that, a figure would only be noise. */
const SETTLING_MS = 1_000;
const SPACING_MS = 200;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export type Meter = readonly Sample[];

export const IDLE: Meter = [];

/** The meter after another look; `at` in milliseconds. */
export function observe(meter: Meter, at: number, bytes: number): Meter {
  const oldest = at - WINDOW_MS;
  // One sample from before the window stays, so that a stall shows as a long time for few bytes.
  const from = meter.findLastIndex((sample) => sample.at <= oldest);
  const kept = meter.slice(Math.max(0, from));
  const last = kept.at(-1);
  const before = kept.at(-2);
  // Looks in quick succession replace each other; the newest counts.
  const crowded = last !== undefined && before !== undefined && last.at - before.at < SPACING_MS;
  return [...(crowded ? kept.slice(0, -1) : kept), { at, bytes }];
}

/** Bytes a second; null as long as it is too early to tell. */
export function speedOf(meter: Meter): number | null {
  const first = meter[0];
  const last = meter.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < SETTLING_MS) return null;
  // A part that has to be sent again takes bytes back.
  return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at));
}

/** Seconds for the rest; null when nothing moves or it is too early to tell. */
export function timeLeft(speed: number | null, bytesLeft: number): number | null {
  if (bytesLeft <= 0) return 0;
  return speed === null || speed <= 0 ? null : bytesLeft / speed;
}
