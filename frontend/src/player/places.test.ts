import { beforeEach, expect, it, vi } from "vitest";

import { keepPlace, parsePlaces, readPlace, withPlace } from "./places";

beforeEach(() => {
  window.localStorage.clear();
});

it.each([null, "", "{", "7", '{"a":1}', '[1,["a"],["a","b"],["a",null]]'])(
  "makes nothing of %j",
  (text) => {
    expect(parsePlaces(text)).toEqual([]);
  },
);

it("keeps a place for each video", () => {
  keepPlace("one", 61.7, 600);
  keepPlace("two", 10, 600);
  keepPlace("one", 62.9, 600);
  expect([readPlace("one"), readPlace("two"), readPlace("three")]).toEqual([62, 10, 0]);
});

it.each([
  [3, 600], // hardly begun
  [597, 600], // as good as through
])("forgets it at %d of %d seconds", (seconds, length) => {
  expect(withPlace([["one", 61]], "one", seconds, length)).toEqual([]);
});

it("keeps it where the length is not known", () => {
  expect(withPlace([], "one", 597, 0)).toEqual([["one", 597]]);
});

it("forgets the oldest of very many", () => {
  const many = Array.from({ length: 200 }, (_, n) => [`film ${n}`, 60] as const);
  const after = withPlace(many, "one", 61, 600);
  expect(after).toHaveLength(200);
  expect([after[0]?.[0], after.at(-1)?.[0]]).toEqual(["film 1", "one"]);
});

it("does without storage where the browser forbids it", () => {
  vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
    throw new Error("forbidden");
  });
  keepPlace("one", 61, 600);
  expect(readPlace("one")).toBe(0);
});
