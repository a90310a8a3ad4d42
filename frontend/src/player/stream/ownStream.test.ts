import { beforeEach, describe, expect, it } from "vitest";

import { playsElements } from "@/player/aMediaElement";

import { playAsBrowser } from "./ownStream";

/** A video element of a browser that plays streams by itself, with these sounds. */
function anElement(...names: [label: string, language: string][]) {
  const video = document.createElement("video");
  const sounds = Object.assign(new EventTarget(), { length: 0 });
  Object.defineProperty(video, "audioTracks", { value: sounds });
  const open = () => {
    names.forEach(([label, language], index) => {
      Object.assign(sounds, { [index]: { label, language, enabled: index === 0 } });
    });
    sounds.length = names.length;
    video.dispatchEvent(new Event("loadedmetadata"));
  };
  const heard = () =>
    Array.from(sounds as unknown as ArrayLike<{ label: string; enabled: boolean }>)
      .filter(({ enabled }) => enabled)
      .map(({ label }) => label);
  const fail = (code: number) => {
    Object.defineProperty(video, "error", { value: { code }, configurable: true });
    video.dispatchEvent(new Event("error"));
  };
  return { video, open, heard, fail };
}

function play(video: HTMLVideoElement, sound: string | null = null) {
  const failed: string[] = [];
  const stream = playAsBrowser(video, {
    url: "https://films.example/one/master.m3u8",
    start: 12,
    wishes: { quality: null, sound, saveData: false },
    changed: () => undefined,
    failed: (trouble) => failed.push(trouble),
  });
  return { stream, failed };
}

beforeEach(() => {
  playsElements();
  const seekable = { value: { length: 0 }, configurable: true };
  Object.defineProperty(HTMLMediaElement.prototype, "seekable", seekable);
});

describe("a stream that a browser plays by itself", () => {
  it("begins with the sound that was chosen last", () => {
    const { video, open, heard } = anElement(["English", "en"], ["Deutsch", "de"]);
    play(video, "de");
    open();
    expect(heard()).toEqual(["Deutsch"]);
  });

  it("is opened anew with the sound that was chosen, at the same place", () => {
    const { video, open, heard, fail } = anElement(
      ["English", "en"], ["Deutsch", "de"], ["Kommentar", "de"],
    ); // prettier-ignore
    const { stream } = play(video);
    open();
    expect(heard()).toEqual(["English"]);
    stream.chooseSound(2);
    video.currentTime = 77;
    fail(2);
    stream.renew("https://films.example/two/master.m3u8");
    open();
    expect(heard()).toEqual(["Kommentar"]);
    expect([video.src, video.currentTime]).toEqual(["https://films.example/two/master.m3u8", 77]);
  });

  it.each([
    [2, "unreachable"],
    [4, "refused"], // perhaps: it does not tell that from what cannot be played
  ])("tells of its error %d that it is %s", (code, trouble) => {
    const { video, fail } = anElement();
    const { failed } = play(video);
    fail(code);
    expect(failed).toEqual([trouble]);
  });
});
