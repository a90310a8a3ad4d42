// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { networkError, UploadError } from "./errors";
import {
  FakeHandle,
  FakeWorld,
  fileOf,
  isWhole,
  memoryStore,
  only,
  soon,
  statesOf,
} from "./testing";

let world: FakeWorld;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  world = new FakeWorld();
});
afterEach(async () => {
  await world.close();
  vi.useRealTimers();
});

describe("one file", () => {
  test("from choosing to the library", async () => {
    const { manager, changes } = world.tab();
    const seen = new Set<string>();
    manager.subscribe(() => {
      for (const { state } of manager.getSnapshot()) seen.add(state);
    });
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect([...seen]).toEqual(["creating", "sending", "completing", "done"]);
    expect(only(manager)).toMatchObject({
      uploadId: "upload-1",
      videoId: "video-1",
      name: "harbour.mov",
      size: 95,
      sent: 95,
      resumedFrom: 0,
      actions: ["dismiss"],
    });
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
    expect(changes).toEqual([
      { type: "created", videoId: "video-1" },
      { type: "completed", videoId: "video-1", video: { id: "video-1" } },
    ]);
    expect(world.server.named[0]).toHaveLength(10);
    expect(world.records.size).toBe(0);
    await soon(() => {
      expect(world.locks.held.size).toBe(0);
    });
  });

  test("shows how far it is, how fast, and what is left", async () => {
    world.server.partSize = 1000;
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([fileOf(10_000)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    for (let step = 1; step <= 20; step++) {
      for (const put of world.server.waiting) put.progress(step * 10);
      await vi.advanceTimersByTimeAsync(100);
    }
    const row = only(manager);
    expect(row.sent).toBe(800);
    expect(row.cells.slice(0, 5)).toEqual([0.2, 0.2, 0.2, 0.2, 0]);
    expect(row.speed).toBeGreaterThan(300);
    expect(row.speed).toBeLessThan(500);
    expect(row.timeLeft).toBeCloseTo(9200 / (row.speed ?? 0));
    // Nothing moves: the speed falls without a byte.
    await vi.advanceTimersByTimeAsync(20_000);
    expect(only(manager).speed).toBe(0);
    expect(only(manager).timeLeft).toBeNull();
  });

  test("a row that has not changed stays the same object", async () => {
    world.server.holding = true;
    const { manager } = world.tab({ files: 1 });
    await manager.add([fileOf(95), fileOf(95, "two.mov")]);
    await soon(() => {
      expect(statesOf(manager)).toEqual(["sending", "queued"]);
    });
    const [one, two] = manager.getSnapshot();
    world.server.waiting[0]?.progress(3);
    await vi.advanceTimersByTimeAsync(100);
    expect(manager.getSnapshot()[0]).not.toBe(one);
    expect(manager.getSnapshot()[1]).toBe(two);
  });

  test("a lost answer to the first call does not make a second upload", async () => {
    let lost = 1;
    const { manager } = world.tab({
      api: {
        ...world.server.api,
        create: async (...request) => {
          const upload = await world.server.api.create(...request);
          if (lost-- > 0) throw networkError();
          return upload;
        },
      },
    });
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.uploads.size).toBe(1);
    expect(new Set(world.server.keys).size).toBe(1);
  });

  test.each(["aborted", "expired"] as const)(
    "a first call whose answer was lost, and what it began is %s: another is begun",
    async (state) => {
      let lost = 1;
      const { manager } = world.tab({
        api: {
          ...world.server.api,
          create: async (...request) => {
            const upload = await world.server.api.create(...request);
            if (lost-- <= 0) return upload;
            world.server.upload(upload.id).state = state;
            throw networkError();
          },
        },
      });
      const file = fileOf(95);
      await manager.add([file]);
      await soon(() => {
        expect(only(manager)).toMatchObject({ state: "done", uploadId: "upload-2" });
      });
      expect(await isWhole(world.server, "upload-2", file)).toBe(true);
      expect(new Set(world.server.keys).size).toBe(2);
      expect(world.server.bytes).toBe(95);
    },
  );

  test("a first call whose answer was lost, and what it began is completed: it is done", async () => {
    let lost = 1;
    const { manager, changes } = world.tab({
      api: {
        ...world.server.api,
        create: async (...request) => {
          const upload = await world.server.api.create(...request);
          if (lost-- <= 0) return upload;
          world.server.upload(upload.id).state = "completed";
          throw networkError();
        },
      },
    });
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager)).toMatchObject({ state: "done", videoId: "video-1" });
    });
    expect(world.server.bytes).toBe(0);
    expect(changes).toEqual([{ type: "completed", videoId: "video-1", video: null }]);
    expect(world.records.size).toBe(0);
  });

  test("what was begun under its key is gone: another is begun, but not without end", async () => {
    let gone = 1;
    world.server.callError = (call) =>
      call === "create" && gone-- > 0 ? new UploadError("idempotency_result_gone", "") : null;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(new Set(world.server.keys).size).toBe(2);
    gone = Number.POSITIVE_INFINITY;
    manager.dismiss(only(manager).key);
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).failure?.code).toBe("unexpected_answer");
    });
  });

  test("parts that the server misses are sent again", async () => {
    let lost = true;
    const { manager } = world.tab({
      api: {
        ...world.server.api,
        complete: (id, ...rest) => {
          if (lost) world.server.upload(id).parts.delete(4);
          lost = false;
          return world.server.api.complete(id, ...rest);
        },
      },
    });
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(105);
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
  });
});

describe("what is not taken", () => {
  test("is told at once, and nothing is sent", async () => {
    const { manager } = world.tab({ limits: { extensions: ["mov"], maxBytes: 50 } });
    await manager.add([fileOf(5, "notes.txt"), fileOf(51), fileOf(0), fileOf(50)]);
    expect(manager.getSnapshot().map(({ failure }) => failure?.code)).toEqual([
      "unsupported_extension",
      "file_too_large",
      "empty_file",
      undefined,
    ]);
    expect(manager.getSnapshot()[0]?.actions).toEqual(["dismiss"]);
    await soon(() => {
      expect(statesOf(manager)).toEqual(["failed", "failed", "failed", "done"]);
    });
    expect(world.server.uploads.size).toBe(1);
  });

  test("the server's own refusal is final", async () => {
    world.server.callError = () => new UploadError("unsupported_extension", "Only films.");
    const { manager } = world.tab();
    await manager.add([fileOf(5, "notes.txt")]);
    await soon(() => {
      expect(only(manager).failure).toEqual({
        code: "unsupported_extension",
        message: "Only films.",
        retryable: false,
      });
    });
    manager.dismiss(only(manager).key);
    expect(manager.getSnapshot()).toEqual([]);
  });
});

describe("several files", () => {
  test("two at once, the others in their order", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([1, 2, 3, 4].map((n) => fileOf(35, `${n}.mov`)));
    await soon(() => {
      expect(statesOf(manager)).toEqual(["sending", "sending", "queued", "queued"]);
    });
    manager.pause(manager.getSnapshot()[0]?.key ?? "");
    await soon(() => {
      expect(statesOf(manager)).toEqual(["paused", "sending", "sending", "queued"]);
    });
    world.server.release();
    await soon(() => {
      expect(statesOf(manager)).toEqual(["paused", "done", "done", "done"]);
    });
  });

  test("all paused, all resumed", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([1, 2, 3].map((n) => fileOf(35, `${n}.mov`)));
    await soon(() => {
      expect(world.server.waiting).toHaveLength(8);
    });
    manager.pauseAll();
    expect(statesOf(manager)).toEqual(["paused", "paused", "paused"]);
    expect(world.server.waiting).toHaveLength(0);
    world.server.release();
    manager.resumeAll();
    await soon(() => {
      expect(statesOf(manager)).toEqual(["done", "done", "done"]);
    });
  });
});

describe("pause and resume", () => {
  test("ends what is on its way; only what the store lacks is sent then", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    for (const put of world.server.waiting.slice(0, 2)) put.finish();
    await soon(() => {
      expect(world.server.bytes).toBe(20);
    });
    const { key } = only(manager);
    manager.pause(key);
    expect(only(manager)).toMatchObject({ state: "paused", speed: null });
    await soon(() => {
      expect(only(manager).sent).toBe(20);
    });
    expect(world.server.aborted).toHaveLength(4);
    expect(world.records.get("upload-1")?.pausedByUser).toBe(true);
    world.server.holding = false;
    manager.resume(key);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(95);
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
  });

  test("right after each other", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    const { key } = only(manager);
    for (let n = 0; n < 5; n++) {
      manager.pause(key);
      manager.resume(key);
    }
    world.server.release();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(95);
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
  });

  test("before the connections have ended: they are waited for", async () => {
    const ending: (() => void)[] = [];
    let open = 0;
    let most = 0;
    world.server.holding = true;
    const { manager } = world.tab({
      sendPart: async (request) => {
        most = Math.max(most, (open += 1));
        try {
          return await world.server.sendPart(request);
        } catch (error) {
          await new Promise<void>((resolve) => ending.push(resolve));
          throw error;
        } finally {
          open -= 1;
        }
      },
    });
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    manager.pause(only(manager).key);
    manager.resume(only(manager).key);
    await soon(() => {
      expect(ending).toHaveLength(4);
    });
    await vi.advanceTimersByTimeAsync(1_000);
    for (const end of ending) end();
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    expect(most).toBe(4);
    world.server.release();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(95);
  });

  test("while the upload is being created: there is one upload, and it is not forgotten", async () => {
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    expect(only(manager).state).toBe("creating");
    manager.pause(only(manager).key);
    manager.resume(only(manager).key);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.uploads.size).toBe(1);
  });
});

describe("cancel", () => {
  test("ends what is on its way and has the server drop it", async () => {
    world.server.holding = true;
    const { manager, changes } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    manager.cancel(only(manager).key);
    expect(only(manager).state).toBe("cancelled");
    await soon(() => {
      expect(world.server.upload("upload-1").state).toBe("aborted");
    });
    await soon(() => {
      expect(world.locks.held.size).toBe(0);
    });
    expect(world.server.aborted).toHaveLength(4);
    expect(world.records.size).toBe(0);
    expect(changes.at(-1)).toEqual({ type: "removed", videoId: "video-1" });
    manager.dismiss(only(manager).key);
    expect(manager.getSnapshot()).toEqual([]);
  });

  test("while the upload is being created: nothing is left at the server", async () => {
    let answer: () => void = () => undefined;
    const { manager } = world.tab({
      api: {
        ...world.server.api,
        create: async (...request) => {
          const upload = await world.server.api.create(...request);
          await new Promise<void>((resolve) => (answer = resolve));
          return upload;
        },
      },
    });
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.uploads.size).toBe(1);
    });
    manager.cancel(only(manager).key);
    answer();
    await soon(() => {
      expect(world.server.upload("upload-1").state).toBe("aborted");
    });
    expect(world.server.begun).toEqual([]);
    await soon(() => {
      expect(world.records.size).toBe(0);
    });
  });

  test("too late: the film is in the library, and that is said", async () => {
    world.server.holding = true;
    const { manager, changes } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    world.server.upload("upload-1").state = "completed";
    manager.cancel(only(manager).key);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(changes.at(-1)).toMatchObject({ type: "completed", videoId: "video-1" });
  });

  test("when the server cannot be told, the next page does it", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    world.server.callError = () => networkError();
    manager.cancel(only(manager).key);
    await soon(() => {
      expect(world.records.get("upload-1")?.cancelled).toBe(true);
    });
    await manager.close();
    world.server.callError = () => null;
    const { manager: later } = world.tab();
    await later.restore();
    expect(later.getSnapshot()).toEqual([]);
    expect(world.server.upload("upload-1").state).toBe("aborted");
    expect(world.records.size).toBe(0);
  });
});

describe("a film that is deleted", () => {
  test("is not sent any further", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    manager.videoDeleted("video-2");
    expect(only(manager).state).toBe("sending");
    manager.videoDeleted("video-1");
    expect(only(manager).state).toBe("cancelled");
    await soon(() => {
      expect(world.server.upload("upload-1").state).toBe("aborted");
    });
    expect(world.server.uploads.size).toBe(1);
  });

  test("nor in another tab", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    const other = world.tab();
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
      expect(statesOf(other.manager)).toEqual(["elsewhere"]);
      expect(only(other.manager).there).toBe("sending");
    });
    other.manager.videoDeleted("video-1");
    await soon(() => {
      expect(only(manager).state).toBe("cancelled");
    });
  });
});

describe("failing", () => {
  test("is shown with a try that goes on from there", async () => {
    world.server.putError = (number) =>
      number === 7 ? new UploadError("storage_unavailable", "503", { retryable: true }) : null;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).state).toBe("failed");
    });
    expect(only(manager)).toMatchObject({
      failure: { code: "storage_unavailable", retryable: true },
      actions: ["retry", "dismiss"],
      sent: 85,
    });
    world.server.putError = () => null;
    manager.retry(only(manager).key);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(95);
  });

  test("to be dismissed is to be given up", async () => {
    world.server.putError = () => new UploadError("storage_rejected", "400");
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).state).toBe("failed");
    });
    manager.dismiss(only(manager).key);
    expect(manager.getSnapshot()).toEqual([]);
    await soon(() => {
      expect(world.server.upload("upload-1").state).toBe("aborted");
    });
    expect(world.records.size).toBe(0);
  });

  test("for want of a network goes on by itself when that is back", async () => {
    world.server.putError = () => networkError();
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).failure?.code).toBe("network_error");
    });
    world.server.putError = () => null;
    world.network.set(true);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
  });

  test("gone at the store: the next try is a new upload", async () => {
    world.server.holding = true;
    const { manager, changes } = world.tab();
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    world.server.upload("upload-1").state = "expired";
    world.server.release();
    await soon(() => {
      expect(only(manager).state).toBe("failed");
    });
    expect(only(manager)).toMatchObject({
      failure: { code: "upload_gone", retryable: true },
      sent: 0,
      cells: [],
    });
    expect(only(manager).uploadId).toBeUndefined();
    expect(changes.at(-1)).toEqual({ type: "removed", videoId: "video-1" });
    await soon(() => {
      expect(world.records.size).toBe(0);
    });
    manager.retry(only(manager).key);
    await soon(() => {
      expect(only(manager)).toMatchObject({ state: "done", uploadId: "upload-2" });
    });
    expect(await isWhole(world.server, "upload-2", file)).toBe(true);
  });

  test("lost by the store under way: it starts again by itself, once", async () => {
    world.server.holding = true;
    const { manager, changes } = world.tab();
    const file = fileOf(95);
    await manager.add([file]);
    for (const id of ["upload-1", "upload-2"]) {
      await soon(() => {
        expect(only(manager)).toMatchObject({ state: "sending", uploadId: id });
        expect(world.server.waiting).toHaveLength(4);
      });
      world.server.upload(id).state = "aborted";
      for (const put of [...world.server.waiting]) put.finish();
    }
    await soon(() => {
      expect(only(manager)).toMatchObject({
        state: "failed",
        failure: { code: "upload_gone", retryable: true },
        begunAnew: true,
      });
    });
    expect(changes.map(({ type, videoId }) => `${type} ${videoId}`)).toEqual([
      "created video-1",
      "removed video-1",
      "created video-2",
      "removed video-2",
    ]);
    world.server.release();
    manager.retry(only(manager).key);
    await soon(() => {
      expect(only(manager)).toMatchObject({ state: "done", uploadId: "upload-3" });
    });
    expect(await isWhole(world.server, "upload-3", file)).toBe(true);
    expect(world.records.size).toBe(0);
  });

  test.each(["storage_refused", "storage_rejected"])(
    "with %s before anything has arrived leaves nothing at the server",
    async (code) => {
      world.server.putError = () => new UploadError(code, "no");
      const { manager, changes } = world.tab();
      await manager.add([fileOf(95)]);
      await soon(() => {
        expect(world.server.upload("upload-1").state).toBe("aborted");
        expect(changes.at(-1)).toEqual({ type: "removed", videoId: "video-1" });
      });
      expect(only(manager)).toMatchObject({ state: "failed", failure: { code } });
      expect(only(manager).uploadId).toBeUndefined();
      expect(world.records.size).toBe(0);
      expect(world.locks.held.size).toBe(0);
    },
  );

  test("with the server away as it is refused: the next page has it dropped", async () => {
    world.server.putError = () => new UploadError("storage_rejected", "no");
    world.server.callError = (call) => (call === "abort" ? new UploadError("forbidden", "") : null);
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.records.get("upload-1")?.cancelled).toBe(true);
      expect(only(manager).state).toBe("failed");
      expect(world.locks.held.size).toBe(0);
    });
    world.server.callError = () => null;
    const next = world.tab();
    await next.manager.restore();
    expect(world.server.upload("upload-1").state).toBe("aborted");
    expect(world.records.size).toBe(0);
  });

  test("after something has arrived keeps what the store has", async () => {
    world.server.putError = (number) =>
      number === 7 ? new UploadError("storage_rejected", "no") : null;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).state).toBe("failed");
    });
    expect(only(manager).uploadId).toBe("upload-1");
    expect(world.server.upload("upload-1").state).toBe("open");
    expect(world.records.size).toBe(1);
  });

  test("gone at the store because another has completed it", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    world.server.upload("upload-1").state = "completed";
    world.server.release();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
  });

  test("the file is gone under way: another choice is asked for", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    const reading = vi.spyOn(Blob.prototype, "arrayBuffer").mockRejectedValue(new Error("gone"));
    world.server.waiting[0]?.fail(networkError());
    await soon(() => {
      expect(only(manager)).toMatchObject({ state: "needs-file", reason: "file_unreadable" });
    });
    reading.mockRestore();
    world.server.release();
    expect(await manager.provideFile(only(manager).key, fileOf(95))).toBeNull();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
  });
});

describe("the network", () => {
  test("its absence is shown, and it goes on by itself", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    const file = fileOf(95);
    await manager.add([file]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    world.network.set(false);
    world.server.putError = () => (world.network.online ? null : networkError());
    for (const put of [...world.server.waiting]) put.fail(networkError());
    await soon(() => {
      expect(only(manager).state).toBe("offline");
    });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(only(manager).state).toBe("offline");
    world.server.holding = false;
    world.network.set(true);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(95);
  });

  test("can be waited for from the beginning, and not waited for any more", async () => {
    world.network.set(false);
    world.server.callError = () => networkError();
    const { manager } = world.tab();
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(only(manager).state).toBe("offline");
    });
    manager.cancel(only(manager).key);
    expect(only(manager).state).toBe("cancelled");
    await soon(() => {
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});

test("what nobody could go on with is known, as long as it is under way", async () => {
  world.server.holding = true;
  const store = memoryStore();
  const { manager } = world.tab({ store: { ...store, put: () => Promise.resolve("not") } });
  expect(manager.forgotten).toEqual([]);
  await manager.add([fileOf(95)]);
  await soon(() => {
    expect(world.server.waiting).toHaveLength(4);
  });
  expect(manager.forgotten).toEqual(["upload-1"]);
  world.server.release();
  await soon(() => {
    expect(only(manager).state).toBe("done");
  });
  expect(manager.forgotten).toEqual([]);
});

test("closed with the account, nothing is remembered", async () => {
  world.server.holding = true;
  const { manager } = world.tab();
  await manager.add([fileOf(95)]);
  await soon(() => {
    expect(world.server.waiting).toHaveLength(4);
  });
  expect(world.records.size).toBe(1);
  await manager.close({ forget: true });
  expect(world.records.size).toBe(0);
});

describe("whether the page may be closed", () => {
  test("not while a file is sent that would have to be chosen again", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    expect(manager.busy).toBe(false);
    await manager.add([fileOf(95)]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    expect(manager.busy).toBe(true);
    manager.pause(only(manager).key);
    expect(manager.busy).toBe(false);
  });

  test("it may with a handle, once that is remembered", async () => {
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.add([new FakeHandle(fileOf(95))]);
    expect(manager.busy).toBe(true);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    expect(manager.busy).toBe(false);
  });
});

test("a handle whose file is gone", async () => {
  const { manager } = world.tab();
  const handle = new FakeHandle(fileOf(95));
  handle.file = null;
  await manager.add([handle]);
  expect(only(manager)).toMatchObject({
    name: "harbour.mov",
    failure: { code: "file_unreadable", retryable: false },
  });
});

test("after log-out nothing goes on and nothing is forgotten", async () => {
  world.server.holding = true;
  const { manager } = world.tab();
  await manager.add([fileOf(95), fileOf(95, "two.mov")]);
  await soon(() => {
    expect(world.server.waiting).toHaveLength(8);
  });
  await manager.close();
  expect(manager.getSnapshot()).toEqual([]);
  expect(world.server.aborted).toHaveLength(8);
  expect(world.server.upload("upload-1").state).toBe("open");
  expect([...world.records.keys()]).toEqual(["upload-1", "upload-2"]);
  expect(world.locks.held.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
