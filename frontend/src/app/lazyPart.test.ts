import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { loadPart } from "./lazyPart";

const GONE = new TypeError("Failed to fetch dynamically imported module");

beforeEach(() => {
  vi.useFakeTimers();
  window.sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A chunk that cannot be had so many times, of a server that answers so each time. */
function aChunk(failures: number, ...answers: (number | null)[]) {
  const statuses = [...answers];
  vi.stubGlobal("fetch", () => {
    const status = statuses.shift();
    return status == null ? Promise.reject(GONE) : Promise.resolve(new Response("", { status }));
  });
  let left = failures;
  return vi.fn(() => (left-- > 0 ? Promise.reject(GONE) : Promise.resolve("chunk")));
}

describe("a chunk of the page", () => {
  it("is waited for while the server is away", async () => {
    const reload = vi.fn();
    const loaded = loadPart(aChunk(2, null, 502), reload);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await loaded).toBe("chunk");
    expect(reload).not.toHaveBeenCalled();
  });

  it("that a newer build has replaced has the page loaded again, but once", async () => {
    const reload = vi.fn();
    const loaded = loadPart(aChunk(2, 200, 200), reload);
    const failed = expect(loaded).rejects.toBe(GONE);
    await vi.advanceTimersByTimeAsync(10_000);
    await failed;
    expect(reload).toHaveBeenCalledTimes(1);
  });
});
