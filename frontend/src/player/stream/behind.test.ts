import { Events } from "hls.js";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeHls, play } from "./aFakeHls";

beforeEach(() => {
  FakeHls.all = [];
});

describe("a stream of which some pictures go further than others", () => {
  const at = (level: number, edge: number, live = true) => ({
    level,
    details: { live, edge, targetduration: 4 },
  });

  /** Somebody is at 42 s. */
  async function told(...lists: ReturnType<typeof at>[]) {
    const { hls } = play();
    hls.parse(360, 720, 1080);
    hls.removeLevel = (level) => {
      hls.told.push(`remove ${level}`);
      hls.levels.splice(level, 1);
      return hls.told.length;
    };
    for (const list of lists) hls.tell(Events.LEVEL_UPDATED, list);
    await Promise.resolve();
    return hls.told.slice(3);
  }

  it("leaves out one that soon would have to be waited for", async () => {
    expect(await told(at(0, 60), at(2, 51))).toEqual(["remove 2", "load level -1"]);
    expect(await told(at(0, 60, false), at(1, 20), at(2, 20))).toEqual([
      "remove 1",
      "load level -1",
      "remove 1",
      "load level -1",
    ]);
  });

  it("looks again after a while: it may have gone ahead", async () => {
    vi.useFakeTimers();
    try {
      await told(at(0, 60), at(2, 51));
      expect(FakeHls.all).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(FakeHls.all).toHaveLength(2);
      await vi.advanceTimersByTimeAsync(600_000);
      expect(FakeHls.all).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps those that go as far, or far enough, and what is whole", async () => {
    expect(await told(at(0, 46), at(1, 43))).toEqual([]);
    expect(await told(at(0, 90), at(1, 53))).toEqual([]);
    expect(await told(at(0, 90), at(1, 44, false))).toEqual([]);
  });
});
