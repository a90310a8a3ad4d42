/** The engine among its stand-ins. Only tests import this. */

import { afterEach, beforeEach, vi } from "vitest";

import type { VideoChange } from "./desk";
import { FakeLocks, FakeNetwork, FakeTabs, memoryStore } from "./fakeBrowser";
import { FakeServer, type FakeVideo } from "./fakeServer";
import type { UploadRow } from "./local";
import { browserLocks } from "./locks";
import type { StateName } from "./machine";
import { type ManagerOptions, UploadManager } from "./manager";
import type { UploadRecord } from "./store";

/** A server and a machine on which tabs are opened. */
export class FakeWorld {
  readonly server = new FakeServer();
  readonly network = new FakeNetwork();
  readonly locks = new FakeLocks();
  readonly tabs = new FakeTabs();
  readonly records = new Map<string, UploadRecord>();
  readonly #open: UploadManager<FakeVideo>[] = [];

  tab(options: Partial<ManagerOptions<FakeVideo>> = {}) {
    const changes: VideoChange<FakeVideo>[] = [];
    const manager = new UploadManager<FakeVideo>({
      userId: "ada",
      api: this.server.api,
      sendPart: this.server.sendPart,
      network: this.network,
      store: memoryStore(this.records),
      locks: browserLocks(this.locks),
      tabs: this.tabs.open(),
      random: () => 0,
      onVideo: (change) => changes.push(change),
      ...options,
    });
    this.#open.push(manager);
    return { manager, changes };
  }

  async close(): Promise<void> {
    for (const manager of this.#open) await manager.close();
  }
}

/** Give each test a world of its own, in which time passes only as the test has it. */
export function inFakeWorld(use: (world: FakeWorld) => void) {
  let world: FakeWorld;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
    world = new FakeWorld();
    use(world);
  });
  afterEach(async () => {
    await world.close();
    vi.useRealTimers();
  });
}

/** Lets time pass until the expectations hold; generous, because the machine may be busy. */
export function soon(expectations: () => void): Promise<void> {
  return vi.waitFor(expectations, { timeout: 60_000, interval: 5 });
}

export function statesOf(manager: Pick<UploadManager, "getSnapshot">): StateName[] {
  return manager.getSnapshot().map(({ state }) => state);
}

/** The row of a manager that has just one. */
export function only(manager: Pick<UploadManager, "getSnapshot">): UploadRow {
  const [row, ...others] = manager.getSnapshot();
  if (row === undefined || others.length > 0) throw new Error("There is not exactly one row.");
  return row;
}

/** A file whose every byte tells where it stood, so that swapped parts would show. */
export function fileOf(size: number, name = "harbour.mov", seed = 0): File {
  const letters = Array.from({ length: size }, (_, place) =>
    String.fromCharCode(97 + ((place + seed + Math.floor(place / 10)) % 26)),
  );
  return new File([letters.join("")], name, { lastModified: 1_700_000_000_000 });
}
