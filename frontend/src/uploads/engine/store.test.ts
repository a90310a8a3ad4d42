// @vitest-environment node
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { FakeHandle } from "./fakeBrowser";
import { browserStore, type UploadRecord } from "./store";
import { fileOf } from "./testing";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function recordOf(id: string, userId: string, createdAt = 1): UploadRecord {
  return {
    id,
    videoId: `v-${id}`,
    userId,
    filename: "harbour.mov",
    size: 95,
    lastModified: 5,
    contentType: "video/quicktime",
    partSize: 10,
    partCount: 10,
    fingerprint: "ab",
    handle: null,
    createdAt,
    pausedByUser: false,
    cancelled: false,
  };
}

test("records outlive the page, in the order in which they were made", async () => {
  const before = browserStore("ada");
  await before.put(recordOf("a", "ada", 2));
  await before.put(recordOf("b", "ada", 1));
  await before.close();
  const after = browserStore("ada");
  expect((await after.list()).map(({ id }) => id)).toEqual(["b", "a"]);
  expect(await after.get("a")).toEqual(recordOf("a", "ada", 2));
  await after.close();
});

test("nobody sees, changes or removes another's records", async () => {
  const ada = browserStore("ada");
  const bob = browserStore("bob");
  await ada.put(recordOf("a", "ada"));
  expect(await bob.list()).toEqual([]);
  expect(await bob.get("a")).toBeNull();
  expect(await bob.patch("a", { cancelled: true })).toBe("not");
  await bob.remove("a");
  expect(await ada.get("a")).toEqual(recordOf("a", "ada"));
});

test("a change leaves the rest as it was", async () => {
  const store = browserStore("ada");
  await store.put(recordOf("a", "ada"));
  expect(await store.patch("a", { pausedByUser: true })).toBe("without-handle");
  expect(await store.get("a")).toEqual({ ...recordOf("a", "ada"), pausedByUser: true });
  await store.remove("a");
  expect(await store.patch("a", { pausedByUser: false })).toBe("not");
});

test("a handle that cannot be stored is left away", async () => {
  const store = browserStore("ada");
  // A function cannot be cloned, as little as a handle in some browsers.
  const handle = Object.assign(new FakeHandle(fileOf(1)), {
    getFile: () => Promise.reject(new Error()),
  });
  expect(await store.put({ ...recordOf("a", "ada"), handle })).toBe("without-handle");
  expect((await store.get("a"))?.handle).toBeNull();
});

test("where IndexedDB fails, nothing else does", async () => {
  vi.stubGlobal("indexedDB", {
    open: () => {
      throw new DOMException("no", "SecurityError");
    },
  });
  const store = browserStore("ada");
  expect(await store.put(recordOf("a", "ada"))).toBe("not");
  expect(await store.list()).toEqual([]);
  expect(await store.get("a")).toBeNull();
  await store.remove("a");
  await store.close();
});

test("a database that was closed under way is no failure either", async () => {
  const store = browserStore("ada");
  await store.put(recordOf("a", "ada"));
  await store.close();
  expect(await store.put(recordOf("b", "ada"))).toBe("not");
  expect(await store.list()).toEqual([]);
});

test("all of one's own records are removed, and nobody else's", async () => {
  const ada = browserStore("ada");
  const bob = browserStore("bob");
  await ada.put(recordOf("a", "ada"));
  await ada.put(recordOf("b", "ada"));
  await bob.put(recordOf("c", "bob"));
  await ada.clear();
  expect(await ada.list()).toEqual([]);
  expect((await bob.list()).map(({ id }) => id)).toEqual(["c"]);
});
