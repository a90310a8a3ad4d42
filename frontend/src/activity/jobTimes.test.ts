import { describe, expect, it } from "vitest";

import { type Times, timesOf, waitedFor, workedFor } from "./jobTimes";

const CREATED = "2026-01-02T10:00:00Z";
const STARTED = "2026-01-02T10:00:04Z";
const FINISHED = "2026-01-02T10:02:04Z";
const NOW = Date.parse("2026-01-02T10:10:00Z");

function job(more: Partial<Times & { attempts: number }>): Times & { attempts: number } {
  return {
    state: "succeeded",
    created_at: CREATED,
    started_at: STARTED,
    finished_at: FINISHED,
    attempts: 1,
    ...more,
  };
}

const queued = job({ state: "queued", started_at: null, finished_at: null, attempts: 0 });
const running = job({ state: "running", finished_at: null });
const cancelledInQueue = job({ state: "cancelled", started_at: null, attempts: 0 });

describe("a job", () => {
  it.each([
    ["that is done", job({}), 4, 120],
    ["that is running", running, 4, 596],
    ["that waits", queued, 600, null],
    ["that was cancelled before it began", cancelledInQueue, null, null],
  ])("%s waited and worked for so long", (_, of, waited, worked) => {
    expect([waitedFor(of, NOW), workedFor(of, NOW)]).toEqual([waited, worked]);
  });

  it("never took less than no time, whatever this browser's clock says", () => {
    expect(waitedFor(queued, Date.parse(CREATED) - 5000)).toBe(0);
  });

  it.each([
    ["done", job({}), ["waited 4 s", "took 2 min"]],
    ["done at once", job({ started_at: CREATED }), ["took 2 min"]],
    ["running", running, ["waited 4 s", "running for 10 min"]],
    ["waiting", queued, ["waiting for 10 min"]],
    ["cancelled", cancelledInQueue, []],
    ["tried often", job({ attempts: 3 }), ["waited 4 s", "took 2 min", "3 attempts"]],
  ])("%s is told in words", (_, of, words) => {
    expect(timesOf(of, NOW)).toEqual(words);
  });
});
