/** What is known of a video's files, in words. Pure. */
import type { Rendition, Source, Video } from "@/api/types";
import { bitRate, bytes, duration, frameRate } from "@/app/format";
import { texts } from "@/app/texts";

import { codecName } from "./codecs";

export interface Fact {
  name: string;
  value: string;
}

interface Media {
  video_codec: string | null;
  audio_codec: string | null;
}

function dimensions({ width, height }: Pick<Source, "width" | "height">): string[] {
  return width === null || height === null ? [] : [`${width} × ${height}`];
}

export function codecs({ video_codec: picture, audio_codec: sound }: Media): string {
  return [
    ...(picture === null ? [] : [codecName(picture)]),
    sound === null ? texts.video.silent : codecName(sound),
  ].join(", ");
}

/** A rendition in one line: 1280 × 720, 12.3 MB, … Sound has no dimensions. */
export function renditionFacts(rendition: Rendition): string[] {
  return [
    ...dimensions(rendition),
    bytes(rendition.size),
    bitRate(rendition.bitrate),
    codecs(rendition),
  ];
}

/** How loud a video is, in one line: −23.0 LUFS, peak −1.0 dBTP, range 7.5 LU. */
export function loudnessFact(loudness: Video["loudness"]): Fact[] {
  if (loudness == null) return [];
  const { integrated_lufs: all, true_peak_dbtp: peak, range_lu: range } = loudness;
  const value = texts.video.loudnessOf(decibels(all), decibels(peak), decibels(range));
  return [{ name: texts.video.loudness, value }];
}

function decibels(value: number): string {
  // The sign of the font is as wide as a digit.
  return value.toFixed(1).replace("-", "\u2212");
}

/** The uploaded file; what only the inspection can tell is left out until it has. */
export function sourceFacts(source: Source): Fact[] {
  const words = texts.video;
  const { filename, size } = source;
  const inspected = source.video_codec !== null || source.audio_codec !== null;
  return [
    { name: words.fileName, value: filename },
    { name: words.size, value: bytes(size) },
    ...(source.duration === null ? [] : [{ name: words.length, value: duration(source.duration) }]),
    ...dimensions(source).map((value) => ({ name: words.picture, value })),
    ...(source.frame_rate === null
      ? []
      : [{ name: words.frames, value: frameRate(source.frame_rate) }]),
    ...(inspected ? [{ name: words.codecs, value: codecs(source) }] : []),
  ];
}
