import { describe, expect, it } from "vitest";

import { ago, bitRate, bytes, duration, frameRate, percent, roughly } from "./format";

describe("numbers as people read them", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1_250_000, "1.3 MB"],
    [999_600, "1 MB"],
    [734_003_200, "734 MB"],
    [21_474_836_480, "21.5 GB"],
  ])("writes %d bytes as %s", (size, text) => {
    expect(bytes(size)).toBe(text);
  });

  it.each([
    [0, "0:00"],
    [83, "1:23"],
    [59.6, "1:00"],
    [3723, "1:02:03"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0.2, "1 s"],
    [42, "42 s"],
    [90, "2 min"],
    [3600, "1 h"],
    [4800, "1 h 20 min"],
  ])("says roughly %d seconds as %s", (seconds, text) => {
    expect(roughly(seconds)).toBe(text);
  });

  it("never says that something is complete before it is", () => {
    expect(percent(99.99)).toBe("99 %");
  });

  it("writes rates with their unit", () => {
    expect(bitRate(2_431_000)).toBe("2.4 Mbit/s");
    expect(bitRate(128_000)).toBe("128 kbit/s");
    expect(frameRate(24000 / 1001)).toBe("23.976 fps");
  });

  it("tells ages in the unit that fits", () => {
    const now = Date.UTC(2026, 4, 20);
    const told = [3, 42, 300, 7200, 3 * 86_400].map((age) => ago(now - age * 1000, now));
    expect(told).toEqual(["now", "42 seconds ago", "5 minutes ago", "2 hours ago", "3 days ago"]);
    expect(ago(now - 30 * 86_400_000, now)).toContain("2026");
    expect(ago(now + 5000, now)).toBe("now");
  });
});
