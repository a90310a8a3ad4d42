import { describe, expect, test } from "vitest";

import {
  actionsOf,
  type Failure,
  next,
  type Phase,
  phaseOf,
  type State,
  type UploadEvent,
} from "./machine";

const failure: Failure = { code: "storage_unavailable", message: "HTTP 503", retryable: true };
const forGood: Failure = { code: "storage_rejected", message: "HTTP 400", retryable: false };
const PHASES: readonly Phase[] = ["creating", "checking", "sending", "completing"];

const states: Record<string, State> = {
  queued: { name: "queued" },
  creating: { name: "creating" },
  checking: { name: "checking" },
  sending: { name: "sending" },
  completing: { name: "completing" },
  offline: { name: "offline", during: "sending" },
  paused: { name: "paused" },
  "needs-file": { name: "needs-file", reason: null },
  "needs-permission": { name: "needs-permission" },
  elsewhere: { name: "elsewhere", there: null },
  done: { name: "done" },
  cancelled: { name: "cancelled" },
  failed: { name: "failed", failure },
};

const gone = { name: "needs-file", reason: "file_unreadable" } as const;

/** For each event, what each state becomes; a state that is not named stays as it is. */
const table: [UploadEvent, Record<string, State>][] = [
  [{ type: "start", known: false }, { queued: { name: "creating" } }],
  [{ type: "start", known: true }, { queued: { name: "checking" } }],
  [{ type: "created" }, { creating: { name: "sending" } }],
  [{ type: "checked" }, { checking: { name: "sending" } }],
  [{ type: "sent" }, { sending: { name: "completing" }, offline: { name: "completing" } }],
  [{ type: "lacking" }, { completing: { name: "checking" } }],
  [
    { type: "completed" },
    Object.fromEntries(
      Object.keys(states)
        .filter((name) => name !== "done")
        .map((name) => [name, { name: "done" }]),
    ),
  ],
  [
    { type: "network-lost" },
    Object.fromEntries(PHASES.map((during) => [during, { name: "offline", during }])),
  ],
  [{ type: "network-back" }, { offline: { name: "sending" } }],
  [
    { type: "pause" },
    Object.fromEntries(
      ["queued", "creating", "checking", "sending", "offline"].map((name) => [
        name,
        { name: "paused" },
      ]),
    ),
  ],
  [{ type: "resume" }, { paused: { name: "queued" } }],
  [{ type: "retry" }, { failed: { name: "queued" } }],
  [
    { type: "cancel" },
    Object.fromEntries(
      Object.keys(states)
        .filter((name) => name !== "done" && name !== "cancelled")
        .map((name) => [name, { name: "cancelled" }]),
    ),
  ],
  [
    { type: "placed", at: { name: "queued" } },
    Object.fromEntries(
      ["queued", "paused", "needs-file", "needs-permission", "elsewhere", "failed"].map((name) => [
        name,
        { name: "queued" },
      ]),
    ),
  ],
  [
    { type: "file-lost", reason: "file_unreadable" },
    Object.fromEntries([...PHASES, "offline"].map((name) => [name, gone])),
  ],
  [
    { type: "failed", failure: forGood },
    Object.fromEntries(
      Object.keys(states)
        .filter((name) => name !== "done" && name !== "cancelled")
        .map((name) => [name, { name: "failed", failure: forGood }]),
    ),
  ],
];

describe.each(table)("%j", (event, expected) => {
  test.each(Object.keys(states))("%s", (name) => {
    const state = states[name] ?? { name: "queued" };
    const becomes = expected[name];
    if (becomes === undefined) expect(next(state, event)).toBe(state);
    else expect(next(state, event)).toEqual(becomes);
  });
});

test("a failure for good is not tried again", () => {
  const state: State = { name: "failed", failure: forGood };
  expect(next(state, { type: "retry" })).toBe(state);
  expect(actionsOf(state)).toEqual(["dismiss"]);
});

test("putting the parts together is not paused, online or not", () => {
  const state: State = { name: "offline", during: "completing" };
  expect(next(state, { type: "pause" })).toBe(state);
  expect(actionsOf(state)).not.toContain("pause");
});

test("waiting for the network is still being at it", () => {
  expect(phaseOf({ name: "offline", during: "checking" })).toBe("checking");
  expect(phaseOf({ name: "paused" })).toBeNull();
});

test.each(Object.values(states))("every action that $name offers does something", (state) => {
  const does: Partial<Record<string, UploadEvent>> = {
    pause: { type: "pause" },
    resume: { type: "resume" },
    cancel: { type: "cancel" },
    retry: { type: "retry" },
    choose: { type: "placed", at: { name: "queued" } },
    grant: { type: "placed", at: { name: "queued" } },
  };
  for (const action of actionsOf(state)) {
    const event = does[action];
    if (event !== undefined) expect(next(state, event), action).not.toBe(state);
  }
});

test("another tab is asked only for what it can do", () => {
  expect(actionsOf({ name: "elsewhere", there: "sending" })).toEqual(["pause", "cancel"]);
  expect(actionsOf({ name: "elsewhere", there: "paused" })).toEqual(["resume", "cancel"]);
  expect(actionsOf({ name: "elsewhere", there: null })).toEqual([]);
});
