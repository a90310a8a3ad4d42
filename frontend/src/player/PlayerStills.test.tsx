import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { texts } from "@/app/texts";
import { aRendition } from "@/library/aVideo";

import { playsElements } from "./aMediaElement";
import { Player, type PlayerProps } from "./Player";

const LIST = `WEBVTT

00:00:00.000 --> 00:05:00.000
storyboard/0.jpg#xywh=0,0,160,90

00:05:00.000 --> 00:10:00.000
storyboard/0.jpg#xywh=160,0,160,90
`;

beforeEach(() => {
  playsElements();
  window.localStorage.clear();
});

/** The pointer events of this DOM know no place. */
function point(bar: Element, clientX: number): void {
  fireEvent(bar, new MouseEvent("pointermove", { bubbles: true, clientX }));
}

function show(more: Partial<PlayerProps>) {
  const props: PlayerProps = {
    id: "1",
    title: "Harbour",
    poster: null,
    length: 600,
    shape: { width: 1280, height: 720 },
    isSound: false,
    streaming: null,
    renditions: [aRendition("720p", 720)],
    onExpired: () => Promise.resolve([]),
    ...more,
  };
  const { container } = render(<Player {...props} />);
  const bar = screen.getByRole("slider", { name: texts.player.position }).parentElement;
  if (bar === null) throw new Error("There is no bar.");
  // 600 pixels between the middles of the knob at its ends.
  bar.getBoundingClientRect = () => new DOMRect(100, 0, 616, 20);
  const sheet = () => container.querySelector("img");
  return { bar, sheet };
}

describe("the storyboard", () => {
  it("shows what is to be seen where one points", async () => {
    const fetched = vi.fn(() => Promise.resolve(new Response(LIST)));
    vi.stubGlobal("fetch", fetched);
    const ask = vi.fn(() => Promise.resolve("https://films.example/t/storyboard.vtt"));
    const { bar, sheet } = show({ onStoryboard: ask });
    expect(ask).not.toHaveBeenCalled();
    point(bar, 108 + 450);
    await waitFor(() => {
      expect(sheet()?.src).toBe("https://films.example/t/storyboard/0.jpg");
    });
    expect(sheet()?.style.left).toBe("-160px");
    expect(screen.getByText("7:30")).toBeTruthy();
    point(bar, 108 + 10);
    expect(sheet()?.style.left).toBe("0px");
    fireEvent.pointerLeave(bar);
    expect(sheet()).toBeNull();
    point(bar, 300);
    expect([ask.mock.calls.length, fetched.mock.calls.length]).toEqual([1, 1]);
    // Its token may have ended: it is asked for again.
    fireEvent.error(sheet() ?? bar);
    expect(sheet()).toBeNull();
    point(bar, 300);
    await waitFor(() => {
      expect(sheet()).not.toBeNull();
    });
    expect(ask.mock.calls.length).toBe(2);
  });

  it.each([null, () => Promise.resolve(null), () => Promise.reject(new Error("away"))])(
    "is nothing where there is none",
    async (onStoryboard) => {
      const { bar, sheet } = show({ onStoryboard });
      point(bar, 300);
      await act(() => new Promise((resolve) => setTimeout(resolve, 0)));
      expect(sheet()).toBeNull();
    },
  );
});

describe("the poster", () => {
  it("can be the present picture", () => {
    const onPoster = vi.fn();
    show({ onPoster });
    const video: HTMLVideoElement = screen.getByLabelText("Harbour");
    video.currentTime = 42.5;
    fireEvent.timeUpdate(video);
    fireEvent.click(screen.getByRole("button", { name: texts.player.usePicture }));
    expect(onPoster).toHaveBeenCalledWith(42.5);
  });

  it.each([{}, { onPoster: vi.fn(), isSound: true }])("is not for all to choose", (more) => {
    show(more);
    expect(screen.queryByRole("button", { name: texts.player.usePicture })).toBeNull();
  });
});
