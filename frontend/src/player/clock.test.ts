import { expect, it } from "vitest";

import { clock, loaded, positionOf } from "./clock";

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

it("tells what is loaded as parts of the whole", () => {
  expect(loaded(ranges([0, 5], [10, 20.1]), 20)).toEqual([
    { from: 0, to: 0.25 },
    { from: 0.5, to: 1 },
  ]);
});

it("tells nothing of a film whose length is not known yet", () => {
  expect(loaded(ranges([0, 5]), Number.NaN)).toEqual([]);
});
