// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Board } from "./board";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function counted() {
  let built = 0;
  const board = new Board(() => [(built += 1)]);
  const heard: (readonly number[])[] = [];
  const leave = board.subscribe(() => {
    heard.push(board.getSnapshot());
  });
  return { board, heard, leave };
}

test("movement is shown ten times a second at most", () => {
  const { board, heard } = counted();
  for (let ms = 0; ms < 1000; ms += 5) {
    board.soon();
    vi.advanceTimersByTime(5);
  }
  expect(heard.length).toBeGreaterThanOrEqual(9);
  expect(heard.length).toBeLessThanOrEqual(10);
});

test("a change of state is shown at once, with what was due", () => {
  const { board, heard } = counted();
  board.soon();
  board.now();
  expect(heard).toEqual([[1]]);
  vi.advanceTimersByTime(1000);
  expect(heard).toHaveLength(1);
});

test("the array is the same until something changes", () => {
  const { board } = counted();
  board.now();
  expect(board.getSnapshot()).toBe(board.getSnapshot());
});

test("what is due later does not hold up what is due soon", () => {
  const { board, heard } = counted();
  board.soon(1000);
  board.soon();
  board.soon(1000);
  vi.advanceTimersByTime(100);
  expect(heard).toHaveLength(1);
});

test("who has left hears nothing", () => {
  const { board, heard, leave } = counted();
  leave();
  board.now();
  expect(heard).toEqual([]);
});
