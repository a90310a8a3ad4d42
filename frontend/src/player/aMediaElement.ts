/** Media elements for tests. */
import { vi } from "vitest";

/** What jsdom leaves out of a video element: it plays, and a new file begins at its start, paused. */
export function playsElements(): void {
  const states = new WeakMap<HTMLMediaElement, { paused: boolean; time: number; src: string }>();
  const of = (element: HTMLMediaElement) => {
    const state = states.get(element) ?? { paused: true, time: 0, src: "" };
    states.set(element, state);
    return state;
  };
  const prototype = HTMLMediaElement.prototype;
  vi.spyOn(prototype, "paused", "get").mockImplementation(function (this: HTMLMediaElement) {
    return of(this).paused;
  });
  Object.defineProperty(prototype, "error", { value: null, configurable: true });
  vi.spyOn(prototype, "currentTime", "get").mockImplementation(function (this: HTMLMediaElement) {
    return of(this).time;
  });
  vi.spyOn(prototype, "currentTime", "set").mockImplementation(function (
    this: HTMLMediaElement,
    time,
  ) {
    of(this).time = time;
  });
  vi.spyOn(prototype, "src", "get").mockImplementation(function (this: HTMLMediaElement) {
    return of(this).src;
  });
  vi.spyOn(prototype, "src", "set").mockImplementation(function (this: HTMLMediaElement, src) {
    Object.assign(of(this), { src, paused: true, time: 0 });
    this.playbackRate = this.defaultPlaybackRate;
  });
  vi.spyOn(prototype, "play").mockImplementation(function (this: HTMLMediaElement) {
    of(this).paused = false;
    this.dispatchEvent(new Event("play"));
    return Promise.resolve();
  });
  vi.spyOn(prototype, "pause").mockImplementation(function (this: HTMLMediaElement) {
    of(this).paused = true;
    this.dispatchEvent(new Event("pause"));
  });
  vi.spyOn(prototype, "load").mockImplementation(() => undefined);
}
