import { describe, expect, it } from "vitest";

import { chapterAt, parseChapters } from "./chapters";

const TEXT = `WEBVTT

00:00:00.000 --> 00:01:30.500
Harbour

00:01:30.500 --> 01:00:00.000
<b>Fish</b> &amp; &lt;script&gt; &amp;lt;
`;

describe("chapters", () => {
  it("are read with their times, and as plain text", () => {
    expect(parseChapters(TEXT)).toEqual([
      { start: 0, end: 90.5, title: "Harbour" },
      { start: 90.5, end: 3600, title: "Fish & <script> &lt;" },
    ]);
  });

  it.each(["", "WEBVTT", "<html>", "WEBVTT\n\nnonsense\n\n00:00:01.000 --> 00:00:02.000"])(
    "are none in %j",
    (text) => {
      expect(parseChapters(text)).toEqual([]);
    },
  );

  it.each([
    [0, 0],
    [90.4, 0],
    [90.5, 1],
    [5000, 1],
  ])("at %d s it is number %d", (time, index) => {
    expect(chapterAt(parseChapters(TEXT), time)).toBe(index);
  });

  it("there is none before the first", () => {
    expect(chapterAt([{ start: 2, end: 3, title: "x" }], 1)).toBe(-1);
  });
});
