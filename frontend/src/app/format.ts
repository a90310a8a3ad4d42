/** Numbers as people read them. All pure; the locale is the browser's. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Sizes in powers of ten: `3.4 MB`. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit] ?? ""}`;
}

/** Bits a second: `2.4 Mbit/s`. */
export function bitRate(bits: number): string {
  const [value, unit] = bits >= 999_500 ? [bits / 1e6, "Mbit/s"] : [bits / 1e3, "kbit/s"];
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value >= 100 ? 0 : 1 })} ${unit}`;
}

/** The length of a video in seconds as `1:23` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The length of a video for `<time>` and for screen readers: `PT1M23S`. */
export function isoDuration(seconds: number): string {
  return `PT${Math.max(0, Math.round(seconds))}S`;
}

/** A wait in seconds, roughly: `5 s`, `3 min`, `1 h 20 min`. */
export function roughly(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

export function percent(value: number): string {
  return `${Math.floor(value)} %`;
}

/** With three digits: a video of 23.976 frames a second is not one of 24. */
export function frameRate(rate: number): string {
  return `${rate.toLocaleString(undefined, { maximumFractionDigits: 3 })} fps`;
}

/** Up to how many seconds an age is told in a unit, and how many seconds that unit has. */
const AGES: [number, number, Intl.RelativeTimeFormatUnit][] = [
  [10, Infinity, "second"],
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [7 * 86_400, 86_400, "day"],
];

/** How long ago, in words, for the last week; then the date. Both in milliseconds. */
export function ago(then: number, now: number): string {
  const seconds = Math.max(0, (now - then) / 1000);
  const found = AGES.find(([limit]) => seconds < limit);
  if (found === undefined)
    return new Date(then).toLocaleDateString(undefined, { dateStyle: "medium" });
  const [, size, unit] = found;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  return words.format(-Math.floor(seconds / size), unit);
}

export function exactly(then: number): string {
  return new Date(then).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
}

/** A moment to come, as short as it can be: `5 Dec 2026, 15:30`. */
export function moment(then: number): string {
  return new Date(then).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
