// @vitest-environment node
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { networkError } from "./errors";
import { FakeHandle } from "./fakeBrowser";
import { isWhole } from "./fakeServer";
import { browserStore } from "./store";
import { type FakeWorld, fileOf, inFakeWorld, only, soon, statesOf } from "./testing";

let world: FakeWorld;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
inFakeWorld((each) => {
  world = each;
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** An upload of 95 bytes of which the store has the first `parts` parts when the page is closed. */
async function interrupted(chosen: File | FakeHandle, parts = 3, inIndexedDb = false) {
  world.server.holding = true;
  const store = inIndexedDb ? { store: browserStore("ada") } : {};
  const { manager } = world.tab(store);
  await manager.add([chosen]);
  for (let number = 1; number <= parts; number++) {
    await soon(() => {
      expect(world.server.waiting.map((put) => put.number)).toContain(number);
    });
    world.server.waiting.find((put) => put.number === number)?.finish();
  }
  await soon(() => {
    expect(world.server.waiting).toHaveLength(4);
    expect(world.server.bytes).toBe(parts * 10);
  });
  await manager.close();
  world.server.holding = false;
}

describe("without a handle", () => {
  test("the file is asked for, with how far it was; then only the rest is sent", async () => {
    const file = fileOf(95);
    await interrupted(file, 3, true);
    const { manager, changes } = world.tab({ store: browserStore("ada") });
    await manager.restore();
    expect(only(manager)).toMatchObject({
      state: "needs-file",
      uploadId: "upload-1",
      name: "harbour.mov",
      sent: 30,
      resumedFrom: 30,
      cells: [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
      actions: ["choose", "cancel"],
    });
    expect(await manager.provideFile(only(manager).key, fileOf(95))).toBeNull();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(only(manager).resumedFrom).toBe(30);
    expect(world.server.bytes).toBe(95);
    // What was on its way is all that was begun twice: one part for each connection.
    expect(world.server.begun).toHaveLength(10 + 4);
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
    expect(changes).toEqual([{ type: "completed", videoId: "video-1", video: { id: "video-1" } }]);
    expect(await browserStore("ada").list()).toEqual([]);
  });

  test("another file is not taken, and it is said why", async () => {
    await interrupted(fileOf(95));
    const { manager } = world.tab();
    await manager.restore();
    const { key } = only(manager);
    expect(await manager.provideFile(key, fileOf(94))).toBe("wrong_file_size");
    expect(only(manager)).toMatchObject({ state: "needs-file", reason: "wrong_file_size" });
    expect(await manager.provideFile(key, fileOf(95, "harbour.mov", 1))).toBe("wrong_file_content");
    expect(only(manager)).toMatchObject({ state: "needs-file", reason: "wrong_file_content" });
    expect(world.server.bytes).toBe(30);
    expect(await manager.provideFile(key, fileOf(95, "renamed.mov"))).toBeNull();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
  });

  test("choosing it as if it were new goes on with it", async () => {
    await interrupted(fileOf(95));
    const { manager } = world.tab();
    await manager.restore();
    const keys = await manager.add([fileOf(95), fileOf(95, "harbour.mov", 1)]);
    expect(keys[0]).toBe(manager.getSnapshot()[0]?.key);
    await soon(() => {
      expect(statesOf(manager)).toEqual(["done", "done"]);
    });
    expect(world.server.uploads.size).toBe(2);
    expect(world.server.bytes).toBe(190);
  });

  test("giving it up drops it at the server", async () => {
    await interrupted(fileOf(95));
    const { manager } = world.tab();
    await manager.restore();
    manager.cancel(only(manager).key);
    await soon(() => {
      expect(world.server.upload("upload-1").state).toBe("aborted");
    });
    await soon(() => {
      expect(world.records.size).toBe(0);
    });
  });
});

describe("with a handle", () => {
  test("it goes on by itself", async () => {
    const file = fileOf(95);
    await interrupted(new FakeHandle(file));
    const { manager } = world.tab();
    await manager.restore();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(only(manager).resumedFrom).toBe(30);
    expect(world.server.bytes).toBe(95);
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
  });

  test("and a pause later does not change where it was taken up", async () => {
    await interrupted(new FakeHandle(fileOf(95)));
    world.server.holding = true;
    const { manager } = world.tab();
    await manager.restore();
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    world.server.waiting[0]?.finish();
    await soon(() => {
      expect(world.server.bytes).toBe(40);
    });
    manager.pause(only(manager).key);
    manager.resume(only(manager).key);
    world.server.release();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(only(manager).resumedFrom).toBe(30);
    expect(world.server.bytes).toBe(95);
  });

  test("that needs a click, it waits for that", async () => {
    const handle = new FakeHandle(fileOf(95));
    await interrupted(handle);
    handle.permission = "prompt";
    const { manager } = world.tab();
    await manager.restore();
    expect(only(manager)).toMatchObject({ state: "needs-permission", sent: 30 });
    expect(await manager.grant(only(manager).key)).toBeNull();
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
    expect(world.server.bytes).toBe(95);
  });

  test("that was refused, it can still be chosen", async () => {
    const handle = new FakeHandle(fileOf(95));
    await interrupted(handle);
    handle.permission = "prompt";
    handle.answer = "denied";
    const { manager } = world.tab();
    await manager.restore();
    expect(await manager.grant(only(manager).key)).toBe("permission_denied");
    expect(only(manager)).toMatchObject({ state: "needs-file", reason: "permission_denied" });
    await manager.provideFile(only(manager).key, fileOf(95));
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
  });

  test("a question that was closed can be asked again", async () => {
    const handle = new FakeHandle(fileOf(95));
    await interrupted(handle);
    handle.permission = "prompt";
    handle.answer = "prompt";
    const { manager } = world.tab();
    await manager.restore();
    expect(await manager.grant(only(manager).key)).toBeNull();
    expect(only(manager).state).toBe("needs-permission");
  });

  test.each([
    ["was changed", fileOf(95, "harbour.mov", 1), "wrong_file_content"],
    ["has grown", fileOf(96), "wrong_file_size"],
    ["was deleted", null, "file_missing"],
  ])("whose file %s", async (_what, file, reason) => {
    const handle = new FakeHandle(fileOf(95));
    await interrupted(handle);
    handle.file = file;
    const { manager } = world.tab();
    await manager.restore();
    expect(only(manager)).toMatchObject({ state: "needs-file", reason });
    expect(world.server.bytes).toBe(30);
  });

  test("what a person has paused stays paused", async () => {
    world.server.holding = true;
    const { manager: before } = world.tab();
    await before.add([new FakeHandle(fileOf(95))]);
    await soon(() => {
      expect(world.server.waiting).toHaveLength(4);
    });
    before.pause(only(before).key);
    await before.close();
    world.server.holding = false;
    const { manager } = world.tab();
    await manager.restore();
    expect(only(manager).state).toBe("paused");
    manager.resume(only(manager).key);
    await soon(() => {
      expect(only(manager).state).toBe("done");
    });
  });
});

describe("what happened meanwhile", () => {
  test.each(["aborted", "expired"] as const)("it was %s", async (state) => {
    await interrupted(fileOf(95));
    world.server.upload("upload-1").state = state;
    const { manager } = world.tab();
    await manager.restore();
    expect(only(manager)).toMatchObject({
      state: "failed",
      failure: { code: "upload_gone", retryable: false },
      actions: ["dismiss"],
    });
    expect(world.records.size).toBe(0);
  });

  test("the store has lost it, and its file is at hand: it starts again and says so", async () => {
    const file = fileOf(95);
    await interrupted(new FakeHandle(file));
    world.server.upload("upload-1").state = "aborted";
    const { manager } = world.tab();
    await manager.restore();
    await soon(() => {
      expect(only(manager)).toMatchObject({
        state: "done",
        uploadId: "upload-2",
        begunAnew: true,
        resumedFrom: 0,
      });
    });
    expect(await isWhole(world.server, "upload-2", file)).toBe(true);
    expect(world.records.size).toBe(0);
  });

  test("the server does not know it any more", async () => {
    await interrupted(new FakeHandle(fileOf(95)));
    world.server.uploads.clear();
    const { manager } = world.tab();
    await manager.restore();
    await soon(() => {
      // Its file is at hand, so it can be started again.
      expect(only(manager)).toMatchObject({
        state: "failed",
        failure: { code: "upload_gone", retryable: true },
      });
    });
    expect(world.records.size).toBe(0);
  });

  test("it was completed", async () => {
    await interrupted(fileOf(95));
    world.server.upload("upload-1").state = "completed";
    const { manager, changes } = world.tab();
    await manager.restore();
    expect(only(manager)).toMatchObject({ state: "done", sent: 95 });
    expect(changes).toEqual([{ type: "completed", videoId: "video-1", video: null }]);
    await soon(() => {
      expect(world.records.size).toBe(0);
    });
  });

  test("nobody knows, because the server cannot be asked: nothing is forgotten", async () => {
    await interrupted(fileOf(95));
    world.network.set(false);
    world.server.callError = () => networkError();
    const { manager } = world.tab();
    const restoring = manager.restore();
    await soon(() => {
      expect(only(manager).state).toBe("needs-file");
    });
    expect(world.records.size).toBe(1);
    world.server.callError = () => null;
    world.network.set(true);
    await restoring;
    expect(only(manager).sent).toBe(30);
  });
});

test("another user sees nothing of it", async () => {
  await interrupted(fileOf(95), 3, true);
  const { manager } = world.tab({ store: browserStore("bob"), userId: "bob" });
  await manager.restore();
  expect(manager.getSnapshot()).toEqual([]);
});

test("restoring twice makes no second row", async () => {
  await interrupted(fileOf(95));
  const { manager } = world.tab();
  await Promise.all([manager.restore(), manager.restore()]);
  await manager.restore();
  expect(manager.getSnapshot()).toHaveLength(1);
});

test("where nothing can be remembered, films are still sent", async () => {
  vi.stubGlobal("indexedDB", {
    open: () => {
      throw new DOMException("no", "SecurityError");
    },
  });
  const { manager } = world.tab({ store: browserStore("ada") });
  await manager.restore();
  world.server.holding = true;
  await manager.add([new FakeHandle(fileOf(95))]);
  await soon(() => {
    expect(world.server.waiting).toHaveLength(4);
  });
  expect(manager.busy).toBe(true);
  world.server.release();
  await soon(() => {
    expect(only(manager).state).toBe("done");
  });
});

test.each([
  ["before it has the lock", false],
  ["while it looks for the file", true],
])("closed %s: nothing begins, no lock is kept", async (_when, late) => {
  const handle = new FakeHandle(fileOf(95));
  await interrupted(handle);
  const asked = vi.spyOn(handle, "queryPermission");
  let answer: (state: PermissionState) => void = () => undefined;
  asked.mockReturnValue(new Promise((resolve) => (answer = resolve)));
  const { manager } = world.tab();
  const restoring = manager.restore();
  if (late) {
    await soon(() => {
      expect(asked).toHaveBeenCalled();
    });
  }
  await manager.close();
  answer("granted");
  await restoring;
  expect(manager.getSnapshot()).toEqual([]);
  await soon(() => {
    expect(world.locks.held.size).toBe(0);
  });
  expect(world.server.bytes).toBe(30);
});
