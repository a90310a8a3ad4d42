import createClient from "openapi-fetch";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { isApiError } from "@/api/problem";
import type { paths } from "@/api/schema";
import type { SharedPlayback } from "@/api/types";
import { problem } from "@/app/aPage";
import { choose, sourcesOf } from "@/player/sources";

import { filesOf, Shared } from "./shared";

function answer(number: number, more: Partial<SharedPlayback> = {}): SharedPlayback {
  return {
    hls_url: `http://inside.test/v1/playback/token-${number}/master.m3u8`,
    dash_url: "http://inside.test/manifest.mpd",
    poster_url: null,
    storyboard_url: null,
    expires_at: "2099-01-01T00:00:00Z",
    mp4: [],
    text: [],
    chapters_url: null,
    title: "Harbour",
    kind: "video",
    duration: 600,
    width: 1280,
    height: 720,
    tracks: [{ id: "a" } as SharedPlayback["tracks"][number]],
    ...more,
  };
}

/** Returns a shared video, and the calls that it made; each answer is used once, the last for ever. */
function shared(...answers: (SharedPlayback | Response)[]) {
  let count = 0;
  const fetch = vi.fn(() => {
    const next = answers[Math.min(count, answers.length - 1)];
    count += 1;
    return Promise.resolve(next instanceof Response ? next.clone() : Response.json(next));
  });
  return {
    fetch,
    video: new Shared("t", createClient<paths>({ baseUrl: "http://a.test", fetch })),
  };
}

const nextRound = () => vi.advanceTimersByTimeAsync(10_000);

describe("a shared video", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is asked for once to begin with, and for each later token", async () => {
    const { fetch, video } = shared(answer(1), answer(2));
    await video.load();
    expect((await video.address()).url).toMatch(/\/v1\/playback\/token-1\/master.m3u8$/);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect((await video.address()).url).toMatch(/token-2/);
  });

  it("is asked for until it can be watched, and until it is complete", async () => {
    const { fetch, video } = shared(
      problem(409, "invalid_state"),
      answer(1, { dash_url: null }),
      answer(2),
    );
    const end = video.begin();
    await vi.advanceTimersByTimeAsync(0);
    expect(isApiError(video.getState().failure, "invalid_state")).toBe(true);
    await nextRound();
    expect(video.getState().playback?.dash_url).toBeNull();
    await nextRound();
    expect(video.getState()).toMatchObject({ failure: null });
    expect(video.getState().playback?.dash_url).not.toBeNull();
    await nextRound();
    expect(fetch).toHaveBeenCalledTimes(3);
    end();
  });

  it("tells with each address which tracks there are, captions apart", async () => {
    const track = (id: string, kind: string) => ({ id, kind }) as SharedPlayback["tracks"][number];
    const { video } = shared(
      answer(1, { tracks: [track("a", "video"), track("c", "text")] }),
      answer(2, { tracks: [track("b", "audio")] }),
    );
    expect((await video.address()).tracks).toEqual(["a"]);
    expect((await video.address()).tracks).toEqual(["b"]);
  });

  it("has its texts read by the answer that is there", async () => {
    const text = [{ id: "c", url: "http://inside.test/v1/playback/t/c.vtt" }];
    const { fetch, video } = shared(
      answer(1, {
        text: text as SharedPlayback["text"],
        chapters_url: "http://inside.test/v1/playback/t/chapters.vtt",
        storyboard_url: "http://inside.test/v1/playback/t/storyboard.vtt",
      }),
    );
    const read = vi.fn((url: string) => Promise.resolve(new Response(url)));
    vi.stubGlobal("fetch", read);
    await video.load();
    const place = `${window.location.origin}/v1/playback/t`;
    expect(await video.beside.captions("c")).toBe(`${place}/c.vtt`);
    expect(await video.beside.chapters()).toBe(`${place}/chapters.vtt`);
    expect(await video.beside.storyboard()).toBe(`${place}/storyboard.vtt`);
    expect(fetch).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });

  it("begins with the file that fits, where only files can be played", () => {
    const file = (height: number) => ({
      name: `${height}p`,
      width: (height * 16) / 9,
      height,
      bitrate: height * 2000,
      video_codec: "h264",
      url: "",
    });
    const files = filesOf(answer(1, { mp4: [file(1080), file(720), file(360)] }));
    const small = { width: 640, height: 360, ratio: 1 };
    const found = (saveData: boolean, viewport = small) =>
      choose(sourcesOf(files), viewport, { quality: null, saveData })?.name;
    expect(found(false)).toBe("360p");
    expect(found(false, { width: 1920, height: 1080, ratio: 1 })).toBe("1080p");
    expect(found(true)).toBe("360p");
  });

  it("that is gone is not asked for again by itself", async () => {
    const { fetch, video } = shared(problem(404, "not_found"));
    const end = video.begin();
    await nextRound();
    expect(fetch).toHaveBeenCalledTimes(1);
    end();
  });
});
