import "fake-indexeddb/auto";

import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Whoever waits goes on as soon as the thing is there; how fast a busy machine is, nobody asks.
configure({ asyncUtilTimeout: 60_000 });

// jsdom's files cannot be read in this way.
if (!("arrayBuffer" in Blob.prototype)) {
  Object.defineProperty(Blob.prototype, "arrayBuffer", {
    value: function (this: Blob) {
      return new Promise((done, failed) => {
        const reader = new FileReader();
        reader.onload = () => {
          done(reader.result);
        };
        reader.onerror = () => {
          failed(reader.error ?? new Error("The file cannot be read."));
        };
        reader.readAsArrayBuffer(this);
      });
    },
  });
}

// jsdom's media elements have an array of them; tests without a page have no such elements.
const textTracks = new WeakMap<HTMLMediaElement, unknown>();
if ("HTMLMediaElement" in globalThis) {
  Object.defineProperty(HTMLMediaElement.prototype, "textTracks", {
    get(this: HTMLMediaElement) {
      const tracks: unknown[] = [];
      const made = Object.assign(new EventTarget(), {
        add: (track: unknown) => tracks.push(track),
        [Symbol.iterator]: () => tracks.values(),
      });
      const found = textTracks.get(this) ?? made;
      textTracks.set(this, found);
      return found;
    },
    configurable: true,
  });
}

afterEach(() => {
  cleanup();
});
