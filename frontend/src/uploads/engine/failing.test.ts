// @vitest-environment node
import { describe, expect, test, vi } from "vitest";

import { networkError, UploadError } from "./errors";
import { isWhole } from "./fakeServer";
import { type FakeWorld, fileOf, inFakeWorld, only, soon } from "./testing";

let world: FakeWorld;

inFakeWorld((each) => {
  world = each;
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
