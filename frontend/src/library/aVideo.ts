/** Videos for tests. */
import type { Rendition, Video } from "@/api/types";

/** A video that is ready, number `n` of those in a library: a higher one is younger. */
export function aVideo(n: number, other: Partial<Video> = {}): Video {
  return {
    id: `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    title: `Film ${n}`,
    kind: "video",
    state: "ready",
    stage: null,
    progress: 100,
    eta_seconds: null,
    source: {
      filename: `film-${n}.mov`,
      size: 1_000_000,
      duration: 83,
      width: 1920,
      height: 1080,
      video_codec: "h264",
      audio_codec: "aac",
      frame_rate: 25,
    },
    renditions: [aRendition("480p", 480), aRendition("720p", 720)],
    playable: true,
    playable_at: "2026-11-21T12:00:00Z",
    tracks: [],
    loudness: null,
    poster_url: `https://store.test/${n}.jpg`,
    failure: null,
    queue: null,
    done: [],
    warnings: [],
    version: 1,
    created_at: "2026-11-21T12:00:00Z",
    updated_at: "2026-11-21T12:00:00Z",
    ...other,
  };
}

export function aRendition(name: string, height: number): Rendition {
  return {
    name,
    height,
    width: (height * 16) / 9,
    size: 500_000,
    duration: 83,
    bitrate: height * 1000,
    video_codec: "h264",
    audio_codec: "aac",
    url: `https://store.test/${name}.mp4`,
  };
}

/** The one file of a sound. */
export function aSound(): Rendition {
  return {
    ...aRendition("audio", 128),
    width: null,
    height: null,
    video_codec: null,
    url: "https://store.test/audio.m4a",
  };
}
