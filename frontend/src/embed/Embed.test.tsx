import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import createClient from "openapi-fetch";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { paths } from "@/api/schema";
import type { SharedPlayback } from "@/api/types";
import { texts } from "@/app/texts";
import { playsElements } from "@/player/aMediaElement";
import type { Open } from "@/player/stream/open";

import { Embed } from "./Embed";
import { Shared } from "./shared";

const PLACE = "http://inside.test/v1/playback/t";
const CHAPTERS = "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\nThe harbour\n";

function track(id: string, kind: "video" | "text"): SharedPlayback["tracks"][number] {
  return {
    id,
    kind,
    name: "",
    language: "de",
    default: kind === "text",
  } as SharedPlayback["tracks"][number];
}

function answer(...tracks: SharedPlayback["tracks"]): SharedPlayback {
  return {
    hls_url: `${PLACE}/master.m3u8`,
    dash_url: `${PLACE}/manifest.mpd`,
    poster_url: null,
    storyboard_url: null,
    expires_at: "2099-01-01T00:00:00Z",
    mp4: [],
    text: [{ id: "c", url: `${PLACE}/c.vtt` } as SharedPlayback["text"][number]],
    chapters_url: `${PLACE}/chapters.vtt`,
    title: "Harbour",
    kind: "video",
    duration: 600,
    width: 1280,
    height: 720,
    tracks,
  };
}

const open: Open = () => ({
  chooseQuality: () => undefined,
  chooseSound: () => undefined,
  renew: () => undefined,
  join: () => Promise.resolve(true),
  play: () => undefined,
  end: () => undefined,
});

async function show(...answers: SharedPlayback[]) {
  const left = [...answers];
  const next = () => (left.length > 1 ? left.shift() : left[0]);
  const fetch = vi.fn(() => Promise.resolve(Response.json(next())));
  const shared = new Shared("t", createClient<paths>({ baseUrl: "http://a.test", fetch }));
  render(<Embed id="t" shared={shared} find={() => Promise.resolve(open)} />);
  await act(() => screen.findByLabelText("Harbour"));
  return { shared, fetch };
}

describe("an embedded film", () => {
  beforeEach(() => {
    playsElements();
    window.localStorage.clear();
    // jsdom has neither this nor object URLs.
    Object.defineProperty(HTMLTrackElement.prototype, "track", {
      value: { mode: "disabled" },
      configurable: true,
    });
    vi.stubGlobal(
      "URL",
      Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: vi.fn() }),
    );
    vi.stubGlobal(
      "fetch",
      vi.fn((url: string) =>
        Promise.resolve(new Response(url.endsWith("/c.vtt") ? "WEBVTT" : CHAPTERS)),
      ),
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("has its captions and its chapters", async () => {
    await show(answer(track("a", "video"), track("c", "text")));
    const video = screen.getByLabelText("Harbour");
    await waitFor(() => {
      expect(video.querySelector("track")?.srclang).toBe("de");
    });
    await userEvent.click(await screen.findByRole("button", { name: texts.player.chapters }));
    expect(await screen.findByRole("menuitemradio", { name: /The harbour/ })).toBeTruthy();
  });

  it("is asked for once", async () => {
    const { fetch } = await show(answer(track("a", "video")));
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("keeps its player when it was encoded again: what has the whole screen goes on", async () => {
    const { shared } = await show(answer(track("a", "video")), answer(track("b", "video")));
    const video = screen.getByLabelText("Harbour");
    await act(() => shared.load());
    expect(shared.getState().playback?.tracks[0]?.id).toBe("b");
    expect(screen.getByLabelText("Harbour")).toBe(video);
  });
});
