import { describe, expect, it } from "vitest";

import type { Rendition } from "@/api/types";

import { aSound } from "@/library/aVideo";

import { choose, sameFile, sourcesOf, type Viewport, type Wishes } from "./sources";

function rendition(name: string, width: number, height: number): Rendition {
  const url = `https://store.example/${name}.mp4?X-Amz-Signature=1`;
  return {
    name, width, height, url,
    size: width * height, duration: 60, bitrate: width * 1000,
    video_codec: "h264", audio_codec: "aac",
  }; // prettier-ignore
}

const FULL = rendition("1080p", 1920, 1080);
const HD = rendition("720p", 1280, 720);
const SD = rendition("480p", 854, 480);
const WINDOW: Viewport = { width: 1280, height: 720, ratio: 1 };
const NOTHING_ASKED: Wishes = { quality: null, saveData: false };

describe("what can be played", () => {
  it("is listed from the largest to the smallest", () => {
    expect(sourcesOf([SD, FULL, HD]).map(({ name }) => name)).toEqual(["1080p", "720p", "480p"]);
  });

  it("has the codec that every browser plays, if there is such a file", () => {
    const newer = { ...FULL, name: "1080p-hevc", video_codec: "hevc" };
    expect(sourcesOf([newer, SD]).map(({ name }) => name)).toEqual(["480p"]);
    expect(sourcesOf([newer]).map(({ name }) => name)).toEqual(["1080p-hevc"]);
  });

  it("leaves the given list as it is", () => {
    const given = [SD, FULL];
    sourcesOf(given);
    expect(given).toEqual([SD, FULL]);
  });
});

describe("what is played first", () => {
  const sources = sourcesOf([SD, FULL, HD]);
  const first = (viewport: Partial<Viewport>, wishes: Partial<Wishes> = {}) =>
    choose(sources, { ...WINDOW, ...viewport }, { ...NOTHING_ASKED, ...wishes })?.name;

  it.each([
    [{}, "720p"],
    [{ ratio: 2 }, "1080p"],
    [{ width: 360, height: 640 }, "480p"],
    [{ width: 360, height: 640, ratio: 3 }, "480p"],
    [{ width: 1500, height: 844 }, "720p"], // enlarged a little, but not visibly
    [{ width: 1700, height: 956 }, "1080p"],
    [{ width: 3840, height: 2160, ratio: 2 }, "1080p"], // there is no larger one
    [{ width: 3840, height: 480 }, "480p"], // as wide as it likes: the height limits it
  ])("fits a window of %j: %s", (viewport, name) => {
    expect(first(viewport)).toBe(name);
  });

  it("is small where bytes are to be saved", () => {
    expect(first({ ratio: 2 }, { saveData: true })).toBe("480p");
  });

  it("is what was chosen last, even where bytes are to be saved", () => {
    expect(first({ width: 360 }, { quality: 1080, saveData: true })).toBe("1080p");
  });

  it("is the next smaller one where the film has not what was chosen last", () => {
    const wishes = { quality: 800, saveData: false };
    expect(choose(sources, WINDOW, wishes)?.name).toBe("720p");
    expect(choose(sources, WINDOW, { ...wishes, quality: 144 })?.name).toBe("480p");
  });

  it("goes by the shorter side of a film that stands", () => {
    const standing = sourcesOf([rendition("1080p", 1080, 1920), rendition("720p", 720, 1280)]);
    expect(choose(standing, WINDOW, { quality: 720, saveData: false })?.name).toBe("720p");
    expect(choose(standing, { ...WINDOW, height: 1500 }, NOTHING_ASKED)?.name).toBe("720p");
    expect(choose(standing, { ...WINDOW, height: 1700 }, NOTHING_ASKED)?.name).toBe("1080p");
  });

  it("is the one file of a sound", () => {
    const sound = sourcesOf([aSound()]);
    expect(choose(sound, WINDOW, NOTHING_ASKED)?.name).toBe("audio");
    expect(choose(sound, WINDOW, { quality: 720, saveData: true })?.name).toBe("audio");
  });

  it("is nothing where there is nothing", () => {
    expect(choose([], WINDOW, NOTHING_ASKED)).toBeUndefined();
    expect(choose([], WINDOW, { quality: 720, saveData: true })).toBeUndefined();
  });
});

describe("two addresses", () => {
  it("are of one file when only the signature differs", () => {
    expect(sameFile("https://s/a.mp4?X=1", "https://s/a.mp4?X=2")).toBe(true);
    expect(sameFile("https://s/a.mp4?X=1", "https://s/b.mp4?X=1")).toBe(false);
    expect(sameFile(null, "https://s/b.mp4")).toBe(false);
    expect(sameFile(null, null)).toBe(true);
  });
});
