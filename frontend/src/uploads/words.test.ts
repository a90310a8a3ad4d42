import { describe, expect, it } from "vitest";

import type { Limits } from "@/api/types";

import type { UploadRow } from "./engine/local";
import { summaryOf } from "./engine/summary";
import { foldedLine, lineOf } from "./words";

const LIMITS = {
  max_bytes: 20_000_000_000,
  extensions: [".mp4", ".mov"],
  bytes_used: 99_000_000_000,
  bytes_allowed: 100_000_000_000,
  active: 1,
  active_allowed: 500,
};

function row(changes: Partial<UploadRow>): UploadRow {
  return {
    key: "1",
    name: "film.mp4",
    size: 10_000_000,
    sent: 4_000_000,
    speed: null,
    timeLeft: null,
    cells: [],
    state: "sending",
    actions: [],
    resumedFrom: 0,
    ...changes,
  };
}

function failed(code: string, changes: Partial<UploadRow> = {}): UploadRow {
  return row({ state: "failed", failure: { code, message: "", retryable: false }, ...changes });
}

describe("the line of an upload", () => {
  it("tells how far it is, how fast, and for how long", () => {
    expect(lineOf(row({ speed: 2_500_000, timeLeft: 95 }), LIMITS)).toBe(
      "Uploading · 4 MB of 10 MB · 2.5 MB/s · 2 min left",
    );
  });

  it("says what another tab does", () => {
    const there = row({ state: "elsewhere", there: "paused" });
    expect(lineOf(there, LIMITS)).toContain("In another tab: paused");
  });

  it("names the limit that a file is over", () => {
    expect(lineOf(failed("file_too_large", { size: 25_000_000_000 }), LIMITS)).toBe(
      "This file is too large: 25 GB. The limit is 20 GB.",
    );
    expect(lineOf(failed("unsupported_extension"), LIMITS)).toContain("Supported types: mp4, mov.");
  });

  it("names the well-known types where there are many", () => {
    const extensions = Array.from("abcdefghijk", (each) => `.${each}`);
    expect(lineOf(failed("unsupported_extension"), { ...LIMITS, extensions })).toContain(
      "Supported types: a, b, c, d, e, f, g, h and 3 more.",
    );
  });

  it("says what one person may have, and what to do", () => {
    const line = (changes: Partial<Limits>) =>
      lineOf(failed("quota_exceeded"), { ...LIMITS, ...changes });
    expect(line({})).toBe(
      "Your limit is 500 videos in progress and 100 GB in total. " +
        "Wait until a video is ready or delete one, then try again.",
    );
    expect(line({ bytes_allowed: null })).toContain("500 videos in progress. Wait");
    expect(line({ active_allowed: null })).toContain("is 100 GB in total. Wait");
  });

  it("has words for a code of the API and for one that nobody knows", () => {
    expect(lineOf(failed("rate_limited"), LIMITS)).toContain("Too many tries");
    expect(lineOf(failed("brand_new"), LIMITS)).toBe("Something went wrong. Try again.");
  });
});

describe("the folded tray", () => {
  it("counts all films and how far they are together", () => {
    const rows = [row({}), row({ key: "2", sent: 10_000_000, state: "done" })];
    expect(foldedLine(summaryOf(rows))).toBe("2 videos, 70 %");
  });

  it("says when somebody is needed", () => {
    const rows = [row({ state: "needs-file" }), row({ key: "2" })];
    expect(foldedLine(summaryOf(rows))).toContain("1 stopped");
  });

  it("says when all is done", () => {
    expect(foldedLine(summaryOf([row({ sent: 10_000_000, state: "done" })]))).toBe(
      "1 video uploaded",
    );
  });
});
