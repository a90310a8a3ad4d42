import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { texts } from "@/app/texts";
import { aRendition } from "@/library/aVideo";

import { playsElements } from "./aMediaElement";
import { Player, type PlayerProps } from "./Player";
import type { Open } from "./stream/open";
import { NOTHING, type StreamParts, type StreamState } from "./stream/stream";

const PICTURES = [
  { width: 854, height: 480, bitrate: 1_500_000 },
  { width: 1280, height: 720, bitrate: 3_500_000 },
];
const SOUNDS = [
  { name: "English", language: "en", channels: "2" },
  { name: "Deutsch", language: "de", channels: "6" },
];

let opened: StreamParts[] = [];
let told: string[] = [];

const open: Open = (_, parts) => {
  opened.push(parts);
  const tell = (what: string) => () => told.push(what);
  return {
    chooseQuality: (side) => told.push(`quality ${side}`),
    chooseSound: (index) => told.push(`sound ${index}`),
    renew: tell("renew"),
    join: () => Promise.resolve(told.push("join") > 0),
    play: tell("play"),
    end: tell("end"),
  };
};

beforeEach(() => {
  playsElements();
  window.localStorage.clear();
  opened = [];
  told = [];
});

async function show(more: Partial<PlayerProps> = {}) {
  const props: PlayerProps = {
    id: "1",
    title: "Harbour",
    poster: null,
    length: 600,
    shape: { width: 1280, height: 720 },
    isSound: false,
    streaming: {
      tracks: ["a"],
      isComplete: false,
      ask: () =>
        Promise.resolve({
          url: "https://films.example/one/master.m3u8",
          expiresAt: "2099-01-01T00:00:00Z",
        }),
    },
    renditions: [],
    onExpired: () => Promise.resolve([]),
    find: () => Promise.resolve(open),
    ...more,
  };
  const { rerender } = render(<Player {...props} />);
  // Until it is opened.
  await act(() => new Promise((resolve) => setTimeout(resolve, 0)));
  const video: HTMLVideoElement = screen.getByLabelText("Harbour");
  return {
    video,
    again: (changed: Partial<PlayerProps>) => {
      rerender(<Player {...props} {...changed} />);
    },
  };
}

function tell(change: Partial<StreamState>): void {
  act(() => opened.at(-1)?.changed({ ...NOTHING, pictures: PICTURES, ...change }));
}

describe("a stream", () => {
  it("plays by itself where it was waited for", async () => {
    const { video } = await show({ playsAtOnce: true });
    expect([opened.length, video.paused]).toEqual([1, false]);
  });

  it("waits for somebody otherwise", async () => {
    const { video } = await show();
    expect([opened.length, video.paused]).toEqual([1, true]);
  });

  it("begins where somebody stopped", async () => {
    window.localStorage.setItem("framemill.places", '[["1",42]]');
    await show();
    expect(opened[0]?.start).toBe(42);
  });

  it("shows the length of the whole, and up to where it is ready", async () => {
    const { video } = await show();
    Object.defineProperty(video, "duration", { value: 12, configurable: true });
    act(() => {
      video.dispatchEvent(new Event("durationchange"));
    });
    tell({ edge: 12 });
    expect(screen.getByText(/0:00 \/ 10:00/).textContent).toContain(texts.player.readyTo("0:12"));
    const bar = screen.getByRole("slider", { name: texts.player.position });
    expect(bar.getAttribute("max")).toBe("600");
    expect(bar.getAttribute("aria-valuetext")).toContain(texts.player.readyTo("0:12"));
    tell({ edge: null });
    expect(bar.getAttribute("aria-valuetext")).not.toContain("ready");
  });

  it("goes no further than it is ready", async () => {
    const { video } = await show();
    tell({ edge: 100 });
    await userEvent.keyboard("1");
    expect(video.currentTime).toBe(60);
    await userEvent.keyboard("9");
    expect(video.currentTime).toBe(100);
  });

  it("offers its qualities, and keeps which one was chosen", async () => {
    const user = userEvent.setup();
    await show();
    tell({ shown: PICTURES[0] ?? null });
    await user.click(screen.getByRole("button", { name: "Quality: 480p" }));
    await user.click(await screen.findByRole("menuitemradio", { name: /^720p/ }));
    expect(told).toEqual(["quality 720"]);
    expect(screen.getByRole("button", { name: "Quality: 720p" })).toBeTruthy();
    expect(window.localStorage.getItem("framemill.player")).toContain('"quality":720');
    await user.click(screen.getByRole("button", { name: "Quality: 720p" }));
    await user.click(await screen.findByRole("menuitemradio", { name: texts.player.auto }));
    expect(told.at(-1)).toBe("quality null");
  });

  it("offers its sounds where there are several", async () => {
    const user = userEvent.setup();
    await show();
    tell({ sounds: SOUNDS.slice(0, 1) });
    expect(screen.queryByRole("button", { name: texts.player.sounds })).toBeNull();
    tell({ sounds: SOUNDS });
    await user.click(screen.getByRole("button", { name: texts.player.sounds }));
    await user.click(await screen.findByRole("menuitemradio", { name: /^Deutsch/ }));
    expect(told).toEqual(["sound 1"]);
    expect(window.localStorage.getItem("framemill.player")).toContain('"sound":"de"');
  });

  it("takes in what joins without being opened anew", async () => {
    const { again } = await show();
    const ask = () => Promise.reject(new Error("no"));
    again({ streaming: { tracks: ["a", "b"], isComplete: false, ask } });
    expect([told, opened.length]).toEqual([["join"], 1]);
    again({ streaming: { tracks: ["a", "b"], isComplete: true, ask } });
    await waitFor(() => {
      expect([told, opened.length]).toEqual([["join", "join"], 1]);
    });
  });
});

describe("a stream that cannot be reached", () => {
  const failed = () =>
    act(async () => {
      // The second time so soon is told.
      for (let count = 0; count < 2; count += 1) {
        opened[0]?.failed("unreachable");
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    });

  it("plays what is loaded, and says so when that has ended", async () => {
    const { video } = await show();
    const ready = vi.spyOn(video, "readyState", "get").mockReturnValue(4);
    await act(() => video.play());
    await failed();
    expect(screen.queryByRole("alert")).toBeNull();
    ready.mockReturnValue(2);
    act(() => {
      video.dispatchEvent(new Event("waiting"));
    });
    expect(screen.getByRole("alert").textContent).toContain(texts.player.failed);
  });

  it("says so to who has not begun", async () => {
    await show();
    await failed();
    expect(screen.getByRole("alert").textContent).toContain(texts.player.failed);
  });
});

describe("a stream that fails for good", () => {
  it("is followed by the file, at the same place, playing", async () => {
    const { video } = await show({ renditions: [aRendition("720p", 720)] });
    expect(video.src).toBe("");
    await act(() => video.play());
    video.currentTime = 42;
    await act(() => {
      opened[0]?.failed("broken");
      return Promise.resolve();
    });
    expect(video.src).toBe("https://store.test/720p.mp4");
    expect([video.currentTime, video.paused]).toEqual([42, false]);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("is complained about where there is no file, and played by the file that comes later", async () => {
    const { video, again } = await show();
    await act(() => {
      opened[0]?.failed("broken");
      return Promise.resolve();
    });
    expect(screen.getByRole("alert").textContent).toContain(texts.player.failed);
    again({ renditions: [aRendition("720p", 720)] });
    expect(video.src).toBe("https://store.test/720p.mp4");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("is followed by the file where a browser plays none", async () => {
    const { video } = await show({
      renditions: [aRendition("720p", 720)],
      find: () => Promise.resolve(null),
    });
    await waitFor(() => {
      expect(video.src).toBe("https://store.test/720p.mp4");
    });
  });
});
