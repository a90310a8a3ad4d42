// @vitest-environment node
import { expect, test } from "vitest";

import { FakeLocks } from "./fakeBrowser";
import { browserLocks, type Lock } from "./locks";

test("one at a time, and the next when it is given back", async () => {
  const shared = new FakeLocks();
  const [one, other] = [browserLocks(shared), browserLocks(shared)];
  const lock = await one.tryTake("u");
  expect([...shared.held]).toEqual(["framemill-upload-u"]);
  expect(await other.tryTake("u")).toBeNull();
  const waiting: Promise<Lock> = other.take("u", new AbortController().signal);
  lock?.release();
  expect(await waiting).not.toBeNull();
  expect(await one.tryTake("u")).toBeNull();
});

test("uploads do not wait for each other", async () => {
  const locks = browserLocks(new FakeLocks());
  expect(await locks.tryTake("u")).not.toBeNull();
  expect(await locks.tryTake("v")).not.toBeNull();
});

test("waiting can be given up", async () => {
  const locks = browserLocks(new FakeLocks());
  await locks.tryTake("u");
  const stop = new AbortController();
  const waiting = locks.take("u", stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow();
});

test("without locks a tab goes on alone and never takes over", async () => {
  const locks = browserLocks(null);
  expect(await locks.tryTake("u")).not.toBeNull();
  const stop = new AbortController();
  const waiting = locks.take("u", stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow();
});

test("a page that may not have locks goes on alone", async () => {
  const locks = browserLocks({ request: () => Promise.reject(new Error("SecurityError")) });
  expect(await locks.tryTake("u")).not.toBeNull();
});
