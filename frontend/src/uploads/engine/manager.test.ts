// @vitest-environment node
import { describe, expect, test, vi } from "vitest";

import { networkError, UploadError } from "./errors";
import { FakeHandle, memoryStore } from "./fakeBrowser";
import { isWhole } from "./fakeServer";
import { type FakeWorld, fileOf, inFakeWorld, only, soon, statesOf } from "./testing";

let world: FakeWorld;

inFakeWorld((each) => {
  world = each;
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
