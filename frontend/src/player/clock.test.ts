import { expect, it } from "vitest";

import { clock, loaded, partOf, positionOf } from "./clock";

it.each([
  [0, "0:00"],
  [59.99, "0:59"],
  [83, "1:23"],
  [3723.4, "1:02:03"],
  [-1, "0:00"],
  [Number.NaN, "0:00"],
  [Number.POSITIVE_INFINITY, "0:00"],
])("%d seconds are %s", (seconds, words) => {
  expect(clock(seconds)).toBe(words);
});

it.each([
  [0, 21.6, "0:00"],
  [21.59, 21.6, "0:21"],
  [21.6, 21.6, "0:22"],
  [0, 0, "0:00"],
])("after %d of %d seconds it shows %s", (time, length, words) => {
  expect(positionOf(time, length)).toBe(words);
});

const ranges = (...all: [number, number][]) => ({
  length: all.length,
  start: (index: number) => all[index]?.[0] ?? 0,
  end: (index: number) => all[index]?.[1] ?? 0,
});

it("tells what is loaded", () => {
  expect(loaded(ranges([0, 5], [10, 20.1]))).toEqual([
    { from: 0, to: 5 },
    { from: 10, to: 20.1 },
  ]);
});

it.each([
  [5, 20, 0.25],
  [20.1, 20, 1],
  [5, Number.NaN, 0],
  [5, 0, 0],
])("%d of %d seconds are the part %d of the whole", (seconds, length, part) => {
  expect(partOf(seconds, length)).toBe(part);
});
