import { describe, expect, it } from "vitest";

import { tileAt, tilesOf } from "./storyboard";

const LIST = `WEBVTT

00:00:00.000 --> 00:00:01.500
storyboard/0.jpg#xywh=0,0,160,90

00:00:01.500 --> 01:00:03.000
storyboard/1.jpg#xywh=160,90,160,90
`;
const PLACE = "https://films.example/v1/playback/a.b";

describe("a storyboard", () => {
  const tiles = tilesOf(LIST, `${PLACE}/storyboard.vtt`);

  it("is read", () => {
    expect(tiles).toEqual([
      { from: 0, to: 1.5, url: `${PLACE}/storyboard/0.jpg`, x: 0, y: 0, width: 160, height: 90 },
      {
        ...{ from: 1.5, to: 3603, url: `${PLACE}/storyboard/1.jpg` },
        ...{ x: 160, y: 90, width: 160, height: 90 },
      },
    ]);
    expect(tilesOf(LIST.replaceAll("\n", "\r\n"), `${PLACE}/storyboard.vtt`)).toEqual(tiles);
  });

  it("has a tile for each time", () => {
    expect([0, 1.49, 1.5, 3602, 9999].map((time) => tileAt(tiles, time)?.x)).toEqual([
      0, 0, 160, 160, 160,
    ]);
    expect(tileAt([], 1)).toBeNull();
  });

  it("may be something else", () => {
    expect(tilesOf("<html>", PLACE)).toEqual([]);
    expect(tilesOf("WEBVTT\n\n00:00 --> 00:01\nwords\n", PLACE)).toEqual([]);
  });
});
