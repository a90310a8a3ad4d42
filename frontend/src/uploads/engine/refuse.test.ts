import { expect, test } from "vitest";

import { refusalOf } from "./refuse";

const limits = { extensions: [".mp4", "MOV"], maxBytes: 100 };

test.each([
  ["film.mp4", 100, null],
  ["FILM.MP4", 1, null],
  ["film.mov", 1, null],
  ["a.b.mov", 1, null],
  ["film.mp4", 101, "file_too_large"],
  ["film.mp4", 0, "empty_file"],
  ["film.txt", 1, "unsupported_extension"],
  ["film", 1, "unsupported_extension"],
  [".mp4", 1, "unsupported_extension"],
  ["film.mp4.", 1, "unsupported_extension"],
  ["films.mp4/notes", 1, "unsupported_extension"],
  ["films\\harbour.mp4", 1, null],
])("%s of %i bytes: %s", (name, size, refusal) => {
  expect(refusalOf({ name, size }, limits)).toBe(refusal);
});

test("without limits only an empty file is refused", () => {
  expect(refusalOf({ name: "film.txt", size: 10 ** 15 }, null)).toBeNull();
  expect(refusalOf({ name: "film.txt", size: 0 }, null)).toBe("empty_file");
});
