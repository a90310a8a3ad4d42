import { expect, it } from "vitest";

import type { Rendition, Source } from "@/api/types";

import { aSound } from "@/library/aVideo";

import { loudnessFact, renditionFacts, sourceFacts } from "./facts";

const SOURCE: Source = {
  filename: "harbour.mov",
  size: 12_300_000,
  duration: 83.2,
  width: 1920,
  height: 1080,
  video_codec: "hevc",
  audio_codec: "pcm_s16le",
  frame_rate: 23.976,
};

it("tells all of a file that was inspected", () => {
  expect(sourceFacts(SOURCE).map(({ value }) => value)).toEqual([
    "harbour.mov",
    "12.3 MB",
    "1:23",
    "1920 × 1080",
    "23.976 fps",
    "H.265, PCM",
  ]);
});

it("says nothing of what is not known yet, above all not that there is no sound", () => {
  const unknown = {
    duration: null, width: null, height: null,
    video_codec: null, audio_codec: null, frame_rate: null,
  }; // prettier-ignore
  expect(sourceFacts({ ...SOURCE, ...unknown }).map(({ value }) => value)).toEqual([
    "harbour.mov",
    "12.3 MB",
  ]);
});

it("tells of sound without a picture", () => {
  const nothing = { width: null, height: null, video_codec: null } as const;
  const source = { ...SOURCE, ...nothing, frame_rate: null, audio_codec: "mp3" };
  expect(sourceFacts(source).map(({ value }) => value)).toEqual([
    "harbour.mov",
    "12.3 MB",
    "1:23",
    "MP3",
  ]);
  expect(renditionFacts(aSound())).toEqual(["500 kB", "128 kbit/s", "AAC"]);
});

it("tells of a rendition without sound", () => {
  const rendition: Rendition = {
    name: "720p", url: "https://store.example/720p", width: 1280, height: 720, size: 2_000_000,
    duration: 10, bitrate: 1_600_000, video_codec: "h264", audio_codec: null,
  }; // prettier-ignore
  expect(renditionFacts(rendition)).toEqual([
    "1280 × 720",
    "2 MB",
    "1.6 Mbit/s",
    "H.264, no sound",
  ]);
});

it("tells how loud it is, once that is known", () => {
  expect(loudnessFact(null)).toEqual([]);
  const found = loudnessFact({ integrated_lufs: -23, true_peak_dbtp: -0.5, range_lu: 7.25 });
  expect(found.map(({ value }) => value)).toEqual(["−23.0 LUFS, peak −0.5 dBTP, range 7.3 LU"]);
});
