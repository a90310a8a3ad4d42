// @vitest-environment node
import { describe, expect, test, vi } from "vitest";

import { networkError } from "./errors";
import { isWhole } from "./fakeServer";
import { type FakeWorld, fileOf, inFakeWorld, only, soon, statesOf } from "./testing";

let world: FakeWorld;

inFakeWorld((each) => {
  world = each;
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
