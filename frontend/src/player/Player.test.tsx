import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Rendition } from "@/api/types";
import { texts } from "@/app/texts";
import { aSound } from "@/library/aVideo";

import { playsElements } from "./aMediaElement";
import { Player, type PlayerProps } from "./Player";
import { keepPreferences, readPreferences } from "./preferences";
import type { CaptionSource } from "./useCaptions";

function rendition(height: number, signature: string): Rendition {
  return {
    name: `${height}p`,
    url: `https://store.example/${height}p.mp4?signature=${signature}`,
    width: (height * 16) / 9,
    height,
    size: 1000,
    duration: 600,
    bitrate: height * 1000,
    video_codec: "h264",
    audio_codec: null,
  };
}

const signed = (signature: string) => [rendition(720, signature), rendition(480, signature)];

beforeEach(() => {
  playsElements();
  window.innerWidth = 1280;
  window.innerHeight = 1000;
});

afterEach(() => {
  window.localStorage.clear();
});

function show(more: Partial<PlayerProps> = {}) {
  const props: PlayerProps = {
    id: "1",
    title: "Harbour",
    poster: null,
    length: 600,
    shape: { width: 1280, height: 720 },
    isSound: false,
    streaming: null,
    renditions: signed("1"),
    onExpired: () => Promise.resolve(signed("2")),
    ...more,
  };
  const { rerender } = render(<Player {...props} />);
  const video: HTMLVideoElement = screen.getByLabelText("Harbour");
  return {
    video,
    props,
    again: (changed: Partial<PlayerProps>) => {
      rerender(<Player {...props} {...changed} />);
    },
  };
}

/** As Chromium does it: what has failed is paused, which is told after the failure. */
function fail(video: HTMLVideoElement): void {
  Object.defineProperty(video, "error", { value: { code: 2 }, configurable: true });
  act(() => {
    video.dispatchEvent(new Event("error"));
    video.pause();
  });
  Reflect.deleteProperty(video, "error");
}

async function playingAt(video: HTMLVideoElement, seconds: number): Promise<void> {
  await act(() => video.play());
  video.currentTime = seconds;
}

async function chooseQuality(name: string): Promise<void> {
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: /^Quality/ }));
  await user.click(await screen.findByRole("menuitemradio", { name: new RegExp(`^${name}`) }));
}

describe("another quality", () => {
  it("goes on at the same place, playing, as fast and as loud as before", async () => {
    const { video } = show();
    expect(video.src).toBe("https://store.example/720p.mp4?signature=1");
    await playingAt(video, 42);
    video.defaultPlaybackRate = video.playbackRate = 1.5;
    video.volume = 0.3;
    await chooseQuality("480p");
    expect(video.src).toBe("https://store.example/480p.mp4?signature=1");
    expect([video.currentTime, video.paused]).toEqual([42, false]);
    expect([video.playbackRate, video.volume]).toEqual([1.5, 0.3]);
  });

  it("stays paused where it was paused", async () => {
    const { video } = show();
    video.currentTime = 42;
    await chooseQuality("480p");
    expect([video.currentTime, video.paused]).toEqual([42, true]);
  });

  it("is found again in the next film", async () => {
    show();
    await chooseQuality("480p");
    expect(screen.getByRole("button", { name: "Quality: 480p" })).toBeTruthy();
    expect(window.localStorage.getItem("framemill.player")).toContain('"quality":480');
  });
});

describe("an address", () => {
  it("that is merely signed anew changes nothing", async () => {
    const { video, again } = show();
    await playingAt(video, 42);
    again({ renditions: signed("2") });
    expect(video.src).toBe("https://store.example/720p.mp4?signature=1");
    expect([video.currentTime, video.paused]).toEqual([42, false]);
  });

  it("that has run out is asked for again, and the film goes on", async () => {
    const { video } = show();
    await playingAt(video, 42);
    fail(video);
    await waitFor(() => {
      expect(video.src).toBe("https://store.example/720p.mp4?signature=2");
      expect([video.currentTime, video.paused]).toEqual([42, false]);
    });
  });

  it("that fails again at once is complained about, and can be tried again", async () => {
    const onExpired = vi.fn(() => Promise.resolve(signed("2")));
    const { video } = show({ onExpired });
    await playingAt(video, 42);
    fail(video);
    await waitFor(() => {
      expect(video.src).toContain("signature=2");
    });
    fail(video);
    expect(screen.getByRole("alert").textContent).toContain(texts.player.failed);
    expect(onExpired).toHaveBeenCalledTimes(1);
    await userEvent.click(screen.getByRole("button", { name: texts.app.tryAgain }));
    expect(onExpired).toHaveBeenCalledTimes(2);
    await waitFor(() => {
      expect(screen.queryByRole("alert")).toBeNull();
      expect([video.currentTime, video.paused]).toEqual([42, false]);
    });
  });

  it("that cannot be had is complained about", async () => {
    const { video } = show({ onExpired: () => Promise.reject(new Error("no")) });
    fail(video);
    expect(await screen.findByRole("alert")).toBeTruthy();
  });
});

describe("the keyboard", () => {
  it("plays, seeks, changes the volume", async () => {
    const user = userEvent.setup();
    const { video } = show();
    await user.keyboard("k");
    expect(video.paused).toBe(false);
    await user.keyboard("5");
    expect(video.currentTime).toBe(300);
    await user.keyboard("{ArrowRight}l{ArrowLeft}j");
    expect(video.currentTime).toBe(300);
    await user.keyboard("jj");
    expect(video.currentTime).toBe(280);
    await user.keyboard("m");
    expect(video.muted).toBe(true);
    screen.getByRole("region").focus();
    video.volume = 0.5;
    await user.keyboard("{ArrowDown}");
    expect([video.muted, video.volume]).toEqual([true, 0.5]);
    await user.keyboard("{ArrowUp}");
    expect([video.muted, video.volume]).toEqual([false, 0.55]);
    await user.keyboard(" ");
    expect(video.paused).toBe(true);
  });

  it("does not seek beyond the ends", async () => {
    const user = userEvent.setup();
    const { video } = show();
    await user.keyboard("j");
    expect(video.currentTime).toBe(0);
    await user.keyboard("9");
    await user.keyboard("llllllll");
    expect(video.currentTime).toBe(600);
  });

  it("leaves Space to the button that has the focus", async () => {
    const user = userEvent.setup();
    const { video } = show();
    screen.getByRole("button", { name: texts.player.mute }).focus();
    await user.keyboard(" ");
    expect([video.muted, video.paused]).toEqual([true, true]);
  });

  it("is for typing where one types", async () => {
    const user = userEvent.setup();
    const { video } = show();
    render(<input aria-label="Title" />);
    await user.type(screen.getByLabelText("Title"), "k 5f");
    expect([video.paused, video.currentTime]).toEqual([true, 0]);
  });

  it("moves the time bar by five seconds", async () => {
    const user = userEvent.setup();
    const { video } = show();
    screen.getByRole("slider", { name: texts.player.position }).focus();
    await user.keyboard("{ArrowRight}{ArrowRight}");
    expect(video.currentTime).toBe(10);
  });
});

describe("sound", () => {
  it("has its picture while it plays, and nothing to enlarge", async () => {
    const user = userEvent.setup();
    const { video } = show({
      renditions: [aSound()],
      isSound: true,
      poster: "https://store.test/wave.jpg",
    });
    await user.keyboard(" ");
    expect(video.paused).toBe(false);
    expect(video.poster).toBe("https://store.test/wave.jpg");
    expect(video.src).toBe("https://store.test/audio.m4a");
    expect(screen.queryByRole("button", { name: texts.player.fullscreen })).toBeNull();
    expect(screen.queryByRole("button", { name: texts.player.qualityOf("audio") })).toBeNull();
  });
});

describe("captions", () => {
  it("have no menu where there are none", () => {
    show();
    expect(screen.queryByRole("button", { name: texts.player.captions })).toBeNull();
  });

  const captions = (more: Partial<CaptionSource> = {}): CaptionSource => ({
    captions: [
      { id: "1", language: "de", label: "German", isDefault: false },
      { id: "2", language: "en", label: "English", isDefault: true },
      { id: "3", language: "de", label: "German · all sounds", isDefault: false },
    ],
    version: 1,
    load: (id) => Promise.resolve(`WEBVTT ${id}`),
    ...more,
  });
  const shown = (video: HTMLVideoElement) =>
    [...video.querySelectorAll("track")].map(({ label, srclang }) => `${label} ${srclang}`);

  beforeEach(() => {
    // jsdom has neither this nor object URLs.
    Object.defineProperty(HTMLTrackElement.prototype, "track", {
      value: { mode: "disabled" },
      configurable: true,
    });
    vi.stubGlobal(
      "URL",
      Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: vi.fn() }),
    );
  });

  it("are shown by themselves if the video says so", async () => {
    const { video } = show({ captions: captions() });
    await waitFor(() => {
      expect(shown(video)).toEqual(["English en"]);
    });
  });

  it("are chosen, and found again", async () => {
    const { video } = show({ captions: captions() });
    await userEvent.click(screen.getByRole("button", { name: texts.player.captions }));
    await userEvent.click(
      await screen.findByRole("menuitemradio", { name: "German · all sounds" }),
    );
    await waitFor(() => {
      expect(shown(video)).toEqual(["German · all sounds de"]);
    });
    expect(readPreferences().captions).toBe("de");
    // A key turns them off, and these on again.
    await userEvent.keyboard("c");
    expect(shown(video)).toEqual([]);
    await userEvent.keyboard("c");
    await waitFor(() => {
      expect(shown(video)).toEqual(["German · all sounds de"]);
    });
  });

  it("without a language turn nothing off in the next film", async () => {
    const options = [{ id: "1", language: "", label: "Captions 1", isDefault: false }];
    const { video } = show({ captions: captions({ captions: options }) });
    await userEvent.keyboard("c");
    await waitFor(() => {
      expect(shown(video)).toEqual(["Captions 1 "]);
    });
    expect(readPreferences().captions).toBeNull();
    await userEvent.keyboard("cc");
    expect(readPreferences().captions).toBeNull();
  });

  it("stay off for who has turned them off", async () => {
    const { video } = show({ captions: captions() });
    await waitFor(() => {
      expect(shown(video)).toEqual(["English en"]);
    });
    await userEvent.keyboard("c");
    expect(shown(video)).toEqual([]);
    expect(readPreferences().captions).toBe("");
    await userEvent.keyboard("c");
    await waitFor(() => {
      expect(shown(video)).toEqual(["English en"]);
    });
  });

  it("are those of the language that was chosen last", async () => {
    keepPreferences({ captions: "de" });
    const { video } = show({ captions: captions() });
    await waitFor(() => {
      expect(shown(video)).toEqual(["German de"]);
    });
  });

  it("are read again when they may have changed", async () => {
    const load = vi.fn((id: string) => Promise.resolve(`WEBVTT ${id}`));
    const { video, again } = show({ captions: captions({ load }) });
    await waitFor(() => {
      expect(shown(video)).toEqual(["English en"]);
    });
    const [track] = video.querySelectorAll("track");
    let answer: (text: string) => void = () => undefined;
    load.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    again({ captions: captions({ load, version: 2 }) });
    await waitFor(() => {
      expect(load).toHaveBeenCalledTimes(2);
    });
    // What was shown stays meanwhile, and altogether if it is the same.
    expect(shown(video)).toEqual(["English en"]);
    await act(async () => {
      answer("WEBVTT 2");
      await Promise.resolve();
    });
    expect([...video.querySelectorAll("track")]).toEqual([track]);
    load.mockResolvedValueOnce("WEBVTT 2, mended");
    again({ captions: captions({ load, version: 3 }) });
    await waitFor(() => {
      expect(video.querySelector("track")).not.toBe(track);
    });
    expect(shown(video)).toEqual(["English en"]);
  });

  it("are the only ones: what a browser finds in a stream by itself is not shown", async () => {
    const { video } = show({ captions: captions() });
    await waitFor(() => {
      expect(shown(video)).toEqual(["English en"]);
    });
    const [own] = video.querySelectorAll("track");
    const found = { mode: "showing" };
    (video.textTracks as unknown as { add: (track: unknown) => void }).add(own?.track);
    (video.textTracks as unknown as { add: (track: unknown) => void }).add(found);
    video.textTracks.dispatchEvent(new Event("addtrack"));
    expect([own?.track.mode, found.mode]).toEqual(["showing", "disabled"]);
    // By the menu of the browser, perhaps; ours shows what there is.
    await userEvent.keyboard("c");
    found.mode = "showing";
    video.textTracks.dispatchEvent(new Event("change"));
    expect(found.mode).toBe("disabled");
  });

  it("stay when they cannot be read again", async () => {
    const load = vi.fn((id: string) => Promise.resolve(`WEBVTT ${id}`));
    const { video, again } = show({ captions: captions({ load }) });
    await waitFor(() => {
      expect(shown(video)).toEqual(["English en"]);
    });
    const refused = Promise.reject(new Error("away"));
    load.mockReturnValueOnce(refused);
    again({ captions: captions({ load, version: 2 }) });
    await act(() => refused.catch(() => undefined));
    expect(load).toHaveBeenCalledTimes(2);
    expect(shown(video)).toEqual(["English en"]);
  });

  it("that cannot be read are off, and the film goes on", async () => {
    const load = vi.fn(() => Promise.reject(new Error("gone")));
    show({ captions: captions({ load }) });
    await waitFor(() => {
      expect(load).toHaveBeenCalled();
    });
    await userEvent.click(screen.getByRole("button", { name: texts.player.captions }));
    const off = await screen.findByRole("menuitemradio", { name: texts.player.captionsOff });
    expect(off.getAttribute("aria-checked")).toBe("true");
  });
});
