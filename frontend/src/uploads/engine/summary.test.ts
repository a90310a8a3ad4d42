import { expect, test } from "vitest";

import type { UploadRow } from "./local";
import { summaryOf } from "./summary";

function rowOf(row: Partial<UploadRow>): UploadRow {
  return {
    key: "k",
    uploadId: "u",
    name: "harbour.mov",
    size: 100,
    sent: 0,
    speed: null,
    timeLeft: null,
    cells: [],
    state: "queued",
    actions: [],
    resumedFrom: 0,
    ...row,
  };
}

test("all in one line", () => {
  const rows = [
    rowOf({ state: "sending", sent: 40, speed: 4 }),
    rowOf({ state: "sending", size: 300, sent: 100, speed: 6 }),
    rowOf({ state: "done", sent: 100 }),
    rowOf({ state: "needs-file", sent: 10 }),
  ];
  expect(summaryOf(rows)).toEqual({
    files: 4,
    done: 1,
    stuck: 1,
    size: 600,
    sent: 250,
    fraction: 250 / 600,
    speed: 10,
    timeLeft: 35,
  });
});

test("what was refused or cancelled does not count, what failed under way does", () => {
  const refused = rowOf({
    state: "failed",
    failure: { code: "empty_file", message: "", retryable: false },
  });
  const rows = [
    Object.fromEntries(
      Object.entries(refused).filter(([name]) => name !== "uploadId"),
    ) as unknown as UploadRow,
    rowOf({ state: "cancelled" }),
    rowOf({ state: "failed", failure: { code: "network_error", message: "", retryable: true } }),
  ];
  expect(summaryOf(rows)).toMatchObject({ files: 1, stuck: 1 });
});

test("nothing at all", () => {
  expect(summaryOf([])).toMatchObject({ files: 0, fraction: 0, speed: null, timeLeft: 0 });
});
