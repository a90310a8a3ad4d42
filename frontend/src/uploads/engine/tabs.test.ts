// @vitest-environment node
import { describe, expect, test, vi } from "vitest";

import { FakeHandle } from "./fakeBrowser";
import { isWhole } from "./fakeServer";
import { browserLocks } from "./locks";
import { browserTabs, type Message } from "./tabs";
import { type FakeWorld, fileOf, inFakeWorld, only, soon, statesOf } from "./testing";

let world: FakeWorld;

inFakeWorld((each) => {
  world = each;
});

/** A tab that sends a file, and another that was opened then. */
async function two(chosen: File | FakeHandle = fileOf(95)) {
  world.server.holding = true;
  const { manager: first } = world.tab();
  await first.add([chosen]);
  await soon(() => {
    expect(world.server.waiting).toHaveLength(4);
  });
  const { manager: second, changes } = world.tab();
  await second.restore();
  return { first, second, changes };
}

test("only one tab sends; the other shows how far that is", async () => {
  const { first, second } = await two(new FakeHandle(fileOf(95)));
  expect(only(second).state).toBe("elsewhere");
  world.server.waiting[0]?.finish();
  world.server.waiting[0]?.progress(5);
  await vi.advanceTimersByTimeAsync(1_100);
  await soon(() => {
    expect(only(second)).toMatchObject({
      there: "sending",
      sent: 15,
      actions: ["pause", "cancel"],
    });
  });
  expect(only(second).cells).toEqual(only(first).cells);
  world.server.release();
  await soon(() => {
    expect([only(first).state, only(second).state]).toEqual(["done", "done"]);
  });
  expect(world.server.begun).toHaveLength(10);
});

test("what another tab begins is shown here, too", async () => {
  world.server.holding = true;
  const { manager: second } = world.tab();
  await second.restore();
  const { manager: first } = world.tab();
  await first.add([fileOf(95)]);
  await soon(() => {
    expect(only(second)).toMatchObject({ state: "elsewhere", there: "sending" });
  });
});

test("the other tab is told what to do", async () => {
  const { first, second } = await two();
  second.pause(only(second).key);
  await soon(() => {
    expect(only(first).state).toBe("paused");
    expect(only(second)).toMatchObject({ there: "paused", actions: ["resume", "cancel"] });
  });
  second.resume(only(second).key);
  await soon(() => {
    expect(only(first).state).toBe("sending");
    expect(only(second).there).toBe("sending");
  });
  second.cancel(only(second).key);
  await soon(() => {
    expect(only(first).state).toBe("cancelled");
    expect(second.getSnapshot()).toEqual([]);
  });
  await soon(() => {
    expect(world.server.upload("upload-1").state).toBe("aborted");
  });
});

describe("when the tab that sends is closed", () => {
  test("the other takes over with the handle", async () => {
    const file = fileOf(95);
    const { first, second, changes } = await two(new FakeHandle(file));
    world.server.waiting[0]?.finish();
    await soon(() => {
      expect(world.server.bytes).toBe(10);
    });
    await first.close();
    world.server.release();
    await soon(() => {
      expect(only(second)).toMatchObject({ state: "done", resumedFrom: 10 });
    });
    expect(world.server.bytes).toBe(95);
    expect(await isWhole(world.server, "upload-1", file)).toBe(true);
    expect(changes.at(-1)).toMatchObject({ type: "completed", videoId: "video-1" });
  });

  test("the other asks for the file", async () => {
    const { first, second } = await two();
    await first.close();
    await soon(() => {
      expect(only(second).state).toBe("needs-file");
    });
    world.server.release();
    await second.provideFile(only(second).key, fileOf(95));
    await soon(() => {
      expect(only(second).state).toBe("done");
    });
  });

  test("after it was closed itself, the other does nothing", async () => {
    const { first, second } = await two(new FakeHandle(fileOf(95)));
    await second.close();
    await first.close();
    expect(world.locks.held.size).toBe(0);
    expect(world.server.bytes).toBe(0);
  });
});

test("two tabs wait for the file: the one that gets it sends", async () => {
  const { first, second } = await two();
  await first.close();
  const { manager: third } = world.tab();
  await third.restore();
  await soon(() => {
    expect([statesOf(second), statesOf(third)]).toEqual([["needs-file"], ["needs-file"]]);
  });
  await third.provideFile(only(third).key, fileOf(95));
  await soon(() => {
    expect(only(third).state).toBe("sending");
    expect(only(second)).toMatchObject({ state: "elsewhere", there: "sending" });
  });
  world.server.release();
  await soon(() => {
    expect([only(second).state, only(third).state]).toEqual(["done", "done"]);
  });
  expect(world.server.bytes).toBe(95);
});

test("both tabs give the file at once: one sends", async () => {
  const { first, second } = await two();
  await first.close();
  const { manager: third } = world.tab();
  await third.restore();
  await soon(() => {
    expect([only(second).state, only(third).state]).toEqual(["needs-file", "needs-file"]);
  });
  world.server.release();
  await Promise.all(
    [second, third].map((manager) => manager.provideFile(only(manager).key, fileOf(95))),
  );
  await soon(() => {
    expect([only(second).state, only(third).state]).toEqual(["done", "done"]);
  });
  expect(world.server.bytes).toBe(95);
});

test("without locks, what the other tab says has to do", async () => {
  world.server.holding = true;
  const locks = browserLocks(null);
  const { manager: first } = world.tab({ locks });
  await first.add([fileOf(95)]);
  await soon(() => {
    expect(world.server.waiting).toHaveLength(4);
  });
  const { manager: second } = world.tab({ locks });
  await second.restore();
  await soon(() => {
    expect(only(second)).toMatchObject({ state: "elsewhere", there: "sending" });
  });
  world.server.release();
  await soon(() => {
    expect([only(first).state, only(second).state]).toEqual(["done", "done"]);
  });
  expect(world.server.begun).toHaveLength(10);
});

describe("the browser's channel", () => {
  test("carries messages between the tabs of one user only", async () => {
    const [ada, other, bob] = [browserTabs("ada"), browserTabs("ada"), browserTabs("bob")];
    const heard: string[] = [];
    bob.listen(() => heard.push("bob"));
    ada.listen(() => heard.push("ada"));
    const first = new Promise<Message>((resolve) => {
      other.listen(resolve);
    });
    ada.post({ type: "ask", id: "u" });
    expect(await first).toEqual({ type: "ask", id: "u" });
    expect(heard).toEqual([]);
    for (const tabs of [ada, other, bob]) tabs.close();
    // Something may still be said when the page goes.
    ada.post({ type: "ask", id: "u" });
  });

  test("does not pass on what it does not understand", async () => {
    const tabs = browserTabs("ada");
    const stranger = new BroadcastChannel("framemill-uploads-ada");
    const first = new Promise<Message>((resolve) => {
      tabs.listen(resolve);
    });
    for (const data of [null, 7, { type: "ask" }, { type: "new", id: "u" }]) {
      stranger.postMessage(data);
    }
    stranger.postMessage({ type: "status", id: "u" });
    stranger.postMessage({ type: "changed", id: "u" });
    expect(await first).toEqual({ type: "changed", id: "u" });
    stranger.close();
    tabs.close();
  });
});
