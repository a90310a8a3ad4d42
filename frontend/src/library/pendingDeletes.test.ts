import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { type Deletion, PendingDeletes, UNDO_MS } from "./pendingDeletes";

function aDeletion(send: () => Promise<void> = () => Promise.resolve()) {
  return {
    send: vi.fn(send),
    sendLast: vi.fn(),
    onLate: vi.fn(),
    onFailed: vi.fn(),
  } satisfies Deletion;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a deletion", () => {
  test("hides the video at once and is sent only when the time to undo is over", async () => {
    const deletes = new PendingDeletes();
    const deletion = aDeletion();
    deletes.add("a", deletion);
    expect(deletes.getHidden()).toEqual(new Set(["a"]));
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(deletion.send).not.toHaveBeenCalled();
    expect(deletion.onLate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(deletion.onLate).toHaveBeenCalledOnce();
    expect(deletion.send).toHaveBeenCalledOnce();
    expect(deletes.getHidden()).toEqual(new Set(["a"]));
  });

  test("taken back is never sent", async () => {
    const deletes = new PendingDeletes();
    const deletion = aDeletion();
    deletes.add("a", deletion);
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(deletes.undo("a")).toBe(true);
    expect(deletes.getHidden()).toEqual(new Set());
    await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
    deletes.flush();
    expect(deletion.send).not.toHaveBeenCalled();
    expect(deletion.sendLast).not.toHaveBeenCalled();
  });

  test("asked for again after it was taken back has its full time", async () => {
    const deletes = new PendingDeletes();
    const again = aDeletion();
    deletes.add("a", aDeletion());
    deletes.undo("a");
    await vi.advanceTimersByTimeAsync(UNDO_MS / 2);
    deletes.add("a", again);
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(again.send).not.toHaveBeenCalled();
  });

  test("cannot be taken back once it is sent", async () => {
    const deletes = new PendingDeletes();
    deletes.add("a", aDeletion());
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(deletes.undo("a")).toBe(false);
    expect(deletes.getHidden()).toEqual(new Set(["a"]));
  });

  test("that fails shows the video again and says so", async () => {
    const deletes = new PendingDeletes();
    const error = new Error("refused");
    const deletion = aDeletion(() => Promise.reject(error));
    deletes.add("a", deletion);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(deletion.onFailed).toHaveBeenCalledExactlyOnceWith(error);
    expect(deletes.getHidden()).toEqual(new Set());
  });

  test("asked for twice is one", async () => {
    const deletes = new PendingDeletes();
    const [first, second] = [aDeletion(), aDeletion()];
    deletes.add("a", first);
    deletes.add("a", second);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(first.send).toHaveBeenCalledOnce();
    expect(second.send).not.toHaveBeenCalled();
  });
});

test("a page that goes away sends what waits, once", async () => {
  const deletes = new PendingDeletes();
  const [waiting, undone] = [aDeletion(), aDeletion()];
  deletes.add("a", waiting);
  deletes.add("b", undone);
  deletes.undo("b");
  deletes.flush();
  deletes.flush();
  await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
  expect(waiting.sendLast).toHaveBeenCalledOnce();
  expect(waiting.onLate).toHaveBeenCalledOnce();
  expect(waiting.send).not.toHaveBeenCalled();
  expect(undone.sendLast).not.toHaveBeenCalled();
  expect(deletes.getHidden()).toEqual(new Set(["a"]));
});

test("who listens hears of every change, and gets another set each time", () => {
  const deletes = new PendingDeletes();
  const seen: ReadonlySet<string>[] = [];
  const stop = deletes.subscribe(() => seen.push(deletes.getHidden()));
  deletes.add("a", aDeletion());
  deletes.add("b", aDeletion());
  deletes.undo("a");
  stop();
  deletes.undo("b");
  expect(seen).toEqual([new Set(["a"]), new Set(["a", "b"]), new Set(["b"])]);
});
