import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Stream, StreamParts } from "./stream";
import { type StreamAddress, UNOPENED, Watch } from "./watch";

const MINUTE_MS = 60_000;

/** Plays nothing, and notes what it is told. */
class FakeStream implements Stream {
  readonly told: string[] = [];
  constructor(readonly parts: StreamParts) {}
  chooseQuality = (side: number | null) => this.told.push(`quality ${side}`);
  chooseSound = (index: number) => this.told.push(`sound ${index}`);
  renew = (url: string) => this.told.push(`renew ${url}`);
  canJoin = true;
  join = () => {
    this.told.push("join");
    return Promise.resolve(this.canJoin);
  };
  play = () => this.told.push("play");
  end = () => this.told.push("end");
}

interface Given {
  canPlay?: boolean;
  ask?: (time: number) => Promise<StreamAddress>;
}

const goodFor = (minutes: number) => (time: number) =>
  Promise.resolve({
    url: `https://films.example/${time}/master.m3u8`,
    expiresAt: new Date(Date.now() + minutes * MINUTE_MS).toISOString(),
  });

async function aWatch({ canPlay = true, ask = goodFor(100) }: Given = {}) {
  const streams: FakeStream[] = [];
  const seen = { state: UNOPENED, asked: 0, resumed: 0 };
  const video = document.createElement("video");
  const watch = new Watch({
    video,
    ask: () => ask(++seen.asked),
    find: () =>
      Promise.resolve(
        canPlay
          ? (_, parts) => {
              const stream = new FakeStream(parts);
              streams.push(stream);
              return stream;
            }
          : null,
      ),
    wishes: () => ({ quality: null, sound: null, saveData: false }),
    start: 42,
    resume: () => (seen.resumed += 1),
    changed: (state) => (seen.state = state),
  });
  await watch.open(["a", "b"], false);
  return { watch, streams, seen, video };
}

/** So much later, and all that follows from it has come to rest. */
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a stream", () => {
  it("begins where it has to", async () => {
    const { streams } = await aWatch();
    expect(streams[0]?.parts).toMatchObject({
      url: "https://films.example/1/master.m3u8",
      start: 42,
    });
  });

  it("that cannot be played here is lost", async () => {
    const { seen } = await aWatch({ canPlay: false });
    expect(seen.state.lost).not.toBeNull();
  });

  it("whose address cannot be had is lost, until somebody tries again", async () => {
    let away = true;
    const { watch, seen, streams } = await aWatch({
      ask: (time) => (away ? Promise.reject(new Error("no")) : goodFor(100)(time)),
    });
    expect([seen.state.lost === null, streams.length]).toEqual([false, 0]);
    away = false;
    await watch.retry();
    expect([seen.state.lost, streams.length]).toEqual([null, 1]);
  });

  it("goes on with another token before its own ends, without being opened anew", async () => {
    const { streams } = await aWatch();
    await pass(79 * MINUTE_MS);
    expect(streams[0]?.told).toEqual([]);
    await pass(2 * MINUTE_MS);
    expect(streams[0]?.told).toEqual(["renew https://films.example/2/master.m3u8"]);
    await pass(80 * MINUTE_MS);
    expect(streams[0]?.told).toHaveLength(2);
    expect(streams).toHaveLength(1);
  });

  it("asks again a minute after a token could not be had, and plays meanwhile", async () => {
    const { streams, seen } = await aWatch({
      ask: (time) => (time === 2 ? Promise.reject(new Error("no")) : goodFor(100)(time)),
    });
    await pass(80.5 * MINUTE_MS);
    expect([seen.asked, seen.state.failure]).toEqual([2, null]);
    await pass(MINUTE_MS);
    expect(streams[0]?.told).toEqual(["renew https://films.example/3/master.m3u8"]);
  });

  it("that is refused goes on with another token, but not over and over", async () => {
    const { streams, seen } = await aWatch();
    streams[0]?.parts.failed("refused");
    streams[0]?.parts.failed("refused"); // of what was asked for at the same time
    await pass(0);
    expect(streams[0]?.told).toEqual(["renew https://films.example/2/master.m3u8"]);
    expect([seen.state.renewing, seen.state.lost]).toEqual([false, null]);
    // It plays on, if it played.
    expect(seen.resumed).toBe(2);
    streams[0]?.parts.failed("refused");
    await pass(0);
    expect([seen.asked, seen.state.lost === null]).toEqual([2, false]);
  });

  /** A stream that cannot be reached, as soon as that is told. */
  async function anUnreachable(given: Given = {}) {
    const all = await aWatch(given);
    for (let count = 0; count < 2; count += 1) {
      all.streams[0]?.parts.failed("unreachable");
      await pass(0);
    }
    return all;
  }

  it("that cannot be reached says so, until somebody tries again", async () => {
    const { watch, streams, seen } = await anUnreachable();
    expect([seen.state.failure === null, seen.state.lost]).toEqual([false, null]);
    await watch.retry();
    expect(seen.state.failure).toBeNull();
    expect(streams[0]?.told).toHaveLength(2);
  });

  it("that cannot be reached tries again by itself, until it is", async () => {
    const { streams, seen } = await anUnreachable({
      ask: (time) =>
        time === 3 || time === 4 ? Promise.reject(new Error("no")) : goodFor(100)(time),
    });
    await pass(29_000);
    expect([seen.asked, seen.state.failure === null]).toEqual([4, false]);
    await pass(2_000);
    expect([seen.asked, seen.state.failure, seen.state.renewing]).toEqual([5, null, false]);
    expect(streams[0]?.told.at(-1)).toBe("renew https://films.example/5/master.m3u8");
    // From then on the tokens are renewed as ever.
    await pass(79 * MINUTE_MS);
    expect(seen.asked).toBe(5);
    await pass(2 * MINUTE_MS);
    expect(seen.asked).toBe(6);
  });

  it("that cannot be reached tries again as soon as the network is back", async () => {
    const { watch, seen } = await anUnreachable();
    window.dispatchEvent(new Event("online"));
    await pass(0);
    expect([seen.asked, seen.state.failure]).toEqual([3, null]);
    // Nothing is wrong: nothing is asked for.
    window.dispatchEvent(new Event("online"));
    watch.end();
    window.dispatchEvent(new Event("online"));
    await pass(0);
    expect(seen.asked).toBe(3);
  });

  it("whose address could not be had is opened as soon as it can be", async () => {
    const { streams, seen } = await aWatch({
      ask: (time) => (time < 3 ? Promise.reject(new Error("no")) : goodFor(100)(time)),
    });
    await pass(19_000);
    expect([seen.asked, seen.state.lost === null]).toEqual([2, false]);
    await pass(2_000);
    expect([seen.state.lost, streams.length]).toEqual([null, 1]);
  });

  it("that is broken is lost at once", async () => {
    const { streams, seen } = await aWatch();
    streams[0]?.parts.failed("broken");
    await pass(0);
    expect([seen.asked, seen.state.lost === null]).toEqual([1, false]);
  });

  it("takes in what joins", async () => {
    const { watch, streams } = await aWatch();
    watch.see(["a", "b"], false);
    expect(streams[0]?.told).toEqual([]);
    watch.see(["c", "b", "a"], false);
    watch.see(["c", "b", "a"], false);
    expect(streams[0]?.told).toEqual(["join"]);
  });

  it("takes in what was behind once all is whole, and that once", async () => {
    const { watch, streams } = await aWatch();
    watch.see(["a", "b"], true);
    watch.see(["a", "b"], true);
    expect(streams[0]?.told).toEqual(["join"]);
    // A new token is asked for, and nothing more joins.
    await pass(81 * MINUTE_MS);
    expect(streams[0]?.told.filter((word) => word === "join")).toHaveLength(1);
  });

  it("takes in what joins as soon as it can be had", async () => {
    const { watch, streams } = await aWatch();
    Object.assign(streams[0] ?? {}, { canJoin: false });
    watch.see(["a", "b", "c"], false);
    await pass(11_000);
    expect(streams[0]?.told).toEqual(["join", "join"]);
    Object.assign(streams[0] ?? {}, { canJoin: true });
    await pass(10 * MINUTE_MS);
    expect(streams[0]?.told).toEqual(["join", "join", "join"]);
  });

  it("of what was encoded again is opened anew with the next token, at the same place", async () => {
    const { watch, streams, video } = await aWatch();
    vi.spyOn(video, "currentTime", "get").mockReturnValue(77);
    watch.see(["x", "y"], false);
    expect(streams[0]?.told).toEqual([]);
    await pass(81 * MINUTE_MS);
    expect(streams[0]?.told).toEqual(["end"]);
    expect(streams[1]?.parts.start).toBe(77);
  });

  it("of what was encoded again, as only the answer says, is opened anew with that", async () => {
    const tracks = (time: number) => (time === 1 ? ["a", "b"] : ["x"]);
    const { streams, seen } = await aWatch({
      ask: async (time) => ({ ...(await goodFor(100)(time)), tracks: tracks(time) }),
    });
    await pass(81 * MINUTE_MS);
    expect([streams[0]?.told, seen.asked]).toEqual([["end"], 2]);
    expect(streams[1]?.parts.url).toBe("https://films.example/2/master.m3u8");
    await pass(80 * MINUTE_MS);
    expect(streams[1]?.told).toEqual(["renew https://films.example/3/master.m3u8"]);
  });

  it("that is ended asks for nothing more", async () => {
    const { watch, streams, seen } = await aWatch();
    watch.end();
    await pass(500 * MINUTE_MS);
    expect([streams[0]?.told, seen.asked]).toEqual([["end"], 1]);
  });
});
