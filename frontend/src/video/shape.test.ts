import { describe, expect, it } from "vitest";

import type { Track } from "@/api/types";
import { aVideo } from "@/library/aVideo";

import { comingOf, lengthOf, shapeOf } from "./shape";

function aTrack(height: number | null): Track {
  return {
    id: `track ${height}`,
    kind: height === null ? "audio" : "video",
    name: `${height}p`,
    language: null,
    role: null,
    channels: null,
    codec: "avc1.64001f",
    bitrate: 1_000_000,
    frame_rate: null,
    default: true,
    made: "encoded",
    width: height === null ? null : (height * 16) / 9,
    height,
  };
}

const growing = (...heights: (number | null)[]) =>
  aVideo(1, { state: "processing", renditions: [], tracks: heights.map(aTrack) });

describe("a video that is still made", () => {
  it("has the length of its original", () => {
    expect(lengthOf(growing(480))).toBe(83);
    expect(lengthOf(aVideo(1, { source: null, renditions: [] }))).toBe(0);
  });

  it("has the shape of what can be seen of it", () => {
    expect(shapeOf(growing(null, 720))).toEqual({ width: 1280, height: 720 });
    expect(shapeOf(growing(null))).toBeNull();
  });

  it.each([
    [[null, 480], "better"],
    [[null, 480, 720], null], // the others have joined
    [[null, 1080], null], // there is no larger one than the original
    [[null], null],
  ])("with %j has to come: %s", (heights, coming) => {
    expect(comingOf(growing(...heights))).toBe(coming);
  });

  it.each([
    [[1080], "more"],
    [[1080, 480], null],
    [[360], null], // there is nothing smaller to come
  ])("as it was uploaded, with %j, has to come: %s", (heights, coming) => {
    const tracks = heights.map((height): Track => ({ ...aTrack(height), made: "remuxed" }));
    expect(comingOf({ ...growing(), tracks })).toBe(coming);
  });

  it("has nothing better to come once it is ready", () => {
    expect(comingOf(aVideo(1, { tracks: [aTrack(480)] }))).toBeNull();
  });
});
