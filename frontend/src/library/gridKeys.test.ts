import { expect, test } from "vitest";

import { target } from "./gridKeys";

//  0 1 2
//  3 4 5
//  6 7
const SHAPE = { count: 8, columns: 3, rtl: false };

test.each<[string, number, number | null]>([
  ["ArrowRight", 1, 2],
  ["ArrowRight", 2, 3],
  ["ArrowRight", 7, null],
  ["ArrowLeft", 0, null],
  ["ArrowLeft", 3, 2],
  ["ArrowDown", 1, 4],
  ["ArrowDown", 5, 7],
  ["ArrowDown", 6, null],
  ["ArrowUp", 4, 1],
  ["ArrowUp", 2, null],
  ["Home", 5, 0],
  ["End", 5, 7],
  ["Enter", 5, null],
])("%s leads from %d to %s", (key, from, to) => {
  expect(target(key, from, SHAPE)).toBe(to);
});

test("from right to left, left is on", () => {
  expect(target("ArrowLeft", 1, { ...SHAPE, rtl: true })).toBe(2);
  expect(target("ArrowRight", 1, { ...SHAPE, rtl: true })).toBe(0);
});
