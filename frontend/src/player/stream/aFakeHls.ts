/** Stands in for hls.js in tests of what it is asked for. */
import Hls, { Events } from "hls.js";
import { vi } from "vitest";

import { playByHls } from "./hlsStream";
import type { StreamState } from "./stream";

type Listener = (event: string, data: unknown) => void;

/** What the player asks of hls.js, noted. */
export class FakeHls {
  static all: FakeHls[] = [];
  static DefaultConfig = Hls.DefaultConfig;
  levels: object[] = [];
  audioTracks: object[] = [];
  audioTrack = 0;
  currentLevel = -1;
  bandwidthEstimate = 7_000_000;
  loadingEnabled = true;
  told: string[] = [];
  #listeners = new Map<string, Listener[]>();

  constructor(readonly config: Record<string, unknown>) {
    FakeHls.all.push(this);
  }
  set loadLevel(level: number) {
    this.told.push(`load level ${level}`);
  }
  set nextLevel(level: number) {
    this.told.push(`next level ${level}`);
  }
  set autoLevelCapping(level: number) {
    this.told.push(`cap ${level}`);
  }
  on(event: string, listener: Listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }
  once = this.on.bind(this);
  loadSource = (url: string) => this.told.push(`source ${url}`);
  removeLevel = (level: number) => this.told.push(`remove ${level}`);
  startLoad = (start?: number) => this.told.push(`start ${start}`);
  attachMedia = (media: unknown) => this.told.push(media === MOVED ? "attach moved" : "attach");
  recoverMediaError = () => this.told.push("recover");
  destroy = () => this.told.push("destroy");
  transferMedia = () => {
    this.told.push("move");
    return MOVED;
  };
  tell(event: string, data: unknown = {}) {
    for (const listener of this.#listeners.get(event) ?? []) listener(event, data);
  }
  parse(...heights: number[]) {
    this.levels = heights.map((height) => ({
      height, width: (height * 16) / 9, bitrate: height * 2000,
    })); // prettier-ignore
    this.audioTracks = [{ name: "English", lang: "en" }];
    this.tell(Events.MANIFEST_PARSED, { levels: this.levels, audioTracks: this.audioTracks });
  }
  get request() {
    const opened: string[] = [];
    const xhr = { open: (_: string, url: string) => opened.push(url) };
    return (url: string) => {
      (this.config.xhrSetup as (xhr: unknown, url: string) => void)(xhr, url);
      return opened.at(-1);
    };
  }
}
const MOVED = { media: null };

export const FIRST = "https://films.example/one/";
export const SECOND = "https://films.example/two/";

export function play(wishes: { quality?: number; sound?: string; saveData?: boolean } = {}) {
  const seen: { state: StreamState | null; failed: string[] } = { state: null, failed: [] };
  const video = document.createElement("video");
  vi.spyOn(video, "currentTime", "get").mockReturnValue(42);
  const stream = playByHls(
    video,
    {
      url: `${FIRST}master.m3u8`,
      start: 12,
      wishes: { quality: null, sound: null, saveData: false, ...wishes },
      changed: (state) => (seen.state = state),
      failed: (trouble) => seen.failed.push(trouble),
    },
    FakeHls as unknown as typeof Hls,
  );
  return { stream, seen, video, hls: only() };
}

export function only(): FakeHls {
  const hls = FakeHls.all.at(-1);
  if (hls === undefined) throw new Error("There is none.");
  return hls;
}
