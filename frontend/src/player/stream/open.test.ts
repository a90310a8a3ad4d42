import { afterEach, describe, expect, it, vi } from "vitest";

import { findPlayer } from "./open";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.doUnmock("./hlsStream");
});

describe("what plays a stream", () => {
  it("is waited for while the server is away", async () => {
    vi.stubGlobal("MediaSource", vi.fn());
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("away")));
    const playByHls = vi.fn();
    let tries = 0;
    vi.doMock("./hlsStream", () => {
      tries += 1;
      if (tries === 1) throw new Error("away");
      return { feeds: () => true, playByHls };
    });
    const found = findPlayer();
    // The network is back, as soon as somebody waits for it.
    const back = setInterval(() => window.dispatchEvent(new Event("online")), 1);
    expect(await found).toBe(playByHls);
    clearInterval(back);
    expect(tries).toBe(2);
  });
});
