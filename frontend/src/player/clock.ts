/** Positions in a video. Pure. */
import { duration } from "@/app/format";

/** A position in seconds as `1:23`; not rounded up, so that it never shows more than the whole. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = two(whole % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** A position to show beside the rounded length: at the end both are equal. */
export function positionOf(time: number, length: number): string {
  return length > 0 && time >= length ? duration(length) : clock(time);
}

export interface Range {
  /** Seconds. */
  from: number;
  to: number;
}

/** What is loaded already. */
export function loaded(buffered: Pick<TimeRanges, "length" | "start" | "end">): Range[] {
  return Array.from({ length: buffered.length }, (_, index) => ({
    from: buffered.start(index),
    to: buffered.end(index),
  }));
}

/** A position as a part of the whole, 0 to 1; 0 where the whole is not known yet. */
export function partOf(seconds: number, length: number): number {
  return length > 0 ? within(seconds / length, 0, 1) : 0;
}

export function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
