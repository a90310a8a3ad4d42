import { expect, test } from "vitest";

import { IDLE, type Meter, observe, speedOf, timeLeft } from "./meter";

/** The meter after looks every `everyMs`, with the bytes that a function of the time gives. */
function watch(untilMs: number, everyMs: number, bytesAt: (ms: number) => number): Meter {
  let meter = IDLE;
  for (let at = 0; at <= untilMs; at += everyMs) meter = observe(meter, at, bytesAt(at));
  return meter;
}

test("a steady stream", () => {
  expect(speedOf(watch(20_000, 100, (at) => at * 5))).toBeCloseTo(5000);
});

test("nothing is said in the first second", () => {
  expect(speedOf(IDLE)).toBeNull();
  expect(speedOf(watch(900, 100, (at) => at))).toBeNull();
  expect(speedOf(watch(1_000, 100, (at) => at))).toBeCloseTo(1000);
});

test("bursts are smoothed", () => {
  const speeds = [10_000, 10_300, 10_900].map((until) =>
    speedOf(watch(until, 100, (at) => Math.floor(at / 1000) * 1000)),
  );
  for (const speed of speeds) {
    expect(speed).toBeGreaterThan(850);
    expect(speed).toBeLessThan(1150);
  }
});

test("a change is followed within the window", () => {
  const meter = watch(30_000, 100, (at) => (at < 20_000 ? at : 20_000 + (at - 20_000) * 10));
  expect(speedOf(meter)).toBeCloseTo(10_000, -2);
});

test("a stall brings the speed down to nothing", () => {
  const at = (ms: number) => Math.min(ms, 10_000);
  const speeds = [12_000, 15_000, 19_000].map((until) => speedOf(watch(until, 100, at)) ?? -1);
  expect(speeds[0]).toBeLessThan(800);
  expect(speeds[1]).toBeLessThan(speeds[0] ?? 0);
  expect(speeds[2]).toBe(0);
});

test("bytes that are taken back do not make a negative speed", () => {
  expect(speedOf(watch(5_000, 100, (at) => 10_000 - at))).toBe(0);
});

test("the meter stays small", () => {
  expect(watch(600_000, 16, (at) => at).length).toBeLessThan(60);
});

test("time left", () => {
  expect(timeLeft(1000, 60_000)).toBe(60);
  expect(timeLeft(0, 60_000)).toBeNull();
  expect(timeLeft(null, 60_000)).toBeNull();
  expect(timeLeft(null, 0)).toBe(0);
});
