import { describe, expect, it } from "vitest";

import { folderOf, readdressed, renewIn } from "./address";

const OLD = folderOf("https://films.example/v1/playback/one/master.m3u8");
const NEW = folderOf("https://films.example/v1/playback/two/master.m3u8");

describe("an address of a stream", () => {
  it("gets the newest token, whichever it had", () => {
    const folders = [OLD, NEW];
    expect(readdressed(`${OLD}720p/12.mp4`, folders)).toBe(`${NEW}720p/12.mp4`);
    expect(readdressed(`${NEW}720p.m3u8`, folders)).toBe(`${NEW}720p.m3u8`);
  });

  it("of something else stays as it is", () => {
    expect(readdressed("https://store.example/x.mp4", [OLD, NEW])).toBe(
      "https://store.example/x.mp4",
    );
    expect(readdressed(`${OLD}720p.m3u8`, [])).toBe(`${OLD}720p.m3u8`);
  });
});

describe("a token", () => {
  const now = Date.parse("2026-01-02T12:00:00Z");

  it.each([
    ["2026-01-02T13:00:00Z", 48 * 60_000], // well before its end
    ["2026-01-03T12:00:00Z", 6 * 3_600_000], // never later than this, whatever the clocks say
    ["2026-01-02T12:00:10Z", 60_000],
    ["2026-01-02T09:00:00Z", 60_000], // a clock that is fast must not ask for ever
    ["?", 6 * 3_600_000],
  ])("until %s is renewed after %d ms", (until, pause) => {
    expect(renewIn(until, now)).toBe(pause);
  });
});
