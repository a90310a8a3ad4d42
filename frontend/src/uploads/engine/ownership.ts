/** Who drives a remembered upload: this tab, another one, or nobody until its file is there. */

import type { Desk, Means } from "./desk";
import { LocalUpload } from "./local";
import type { Lock } from "./locks";
import { placeOf } from "./place";
import type { FileHandle } from "./ports";
import type { UploadRecord } from "./store";
import type { Command, Message } from "./tabs";

type Status = Extract<Message, { type: "status" }>;

export class Ownership<Video> {
  readonly #desk: Desk<Video>;
  readonly #means: Means<Video>;
  readonly #onCommand: (key: string, action: Command) => void;
  /** Uploads that are being looked at, so that none becomes two rows. */
  readonly #adopting = new Set<string>();

  /** @param onCommand another tab asks for something to be done here */
  constructor(
    desk: Desk<Video>,
    means: Means<Video>,
    onCommand: (key: string, action: Command) => void,
  ) {
    this.#desk = desk;
    this.#means = means;
    this.#onCommand = onCommand;
    means.tabs.listen((message) => {
      this.#hear(message);
    });
  }

  /** Shows a remembered upload, and goes on with it if nothing is in the way. */
  async adopt(record: UploadRecord): Promise<void> {
    const { id } = record;
    const known = this.#adopting.has(id) || this.#desk.ofUpload(id) !== null;
    if (this.#desk.closed() || known) return;
    this.#adopting.add(id);
    try {
      const lock = await this.#means.locks.tryTake(id);
      if (this.#desk.closed()) {
        lock?.release();
      } else if (lock === null) {
        const local = LocalUpload.ofRecord(record);
        this.#desk.show(local, { name: "elsewhere", there: null });
        this.#followElsewhere(local);
      } else if (record.cancelled) {
        await this.#desk.dropRemote(id);
        lock.release();
      } else {
        await this.#settle(LocalUpload.ofRecord(record), record, lock);
      }
    } finally {
      this.#adopting.delete(id);
    }
  }

  /** Goes on with an upload whose file is known to be the right one. */
  async take(local: LocalUpload, file: File, handle: FileHandle | null): Promise<void> {
    const { locks, store } = this.#means;
    const { remote } = local;
    if (remote === null) return;
    const lock = await locks.tryTake(remote.id);
    if (lock === null) {
      if (local.waitsForFile()) this.#goElsewhere(local);
      return;
    }
    if (this.#desk.closed() || !local.waitsForFile()) {
      lock.release();
      return;
    }
    local.lock = lock;
    local.hold(file, handle);
    this.#desk.place(local, { name: "queued" });
    const { lastModified } = file;
    const change = { handle: local.handle, lastModified, pausedByUser: false };
    local.kept = await store.patch(remote.id, change);
  }

  /** Finds out what an upload needs to go on, and lets it if that is nothing. */
  async #settle(local: LocalUpload, record: UploadRecord, lock: Lock): Promise<void> {
    const { at, file } = await placeOf(record, record.handle, record.pausedByUser);
    const known = this.#desk.locals.includes(local);
    if (this.#desk.closed() || (known && !isElsewhere(local))) {
      lock.release();
      return;
    }
    if (file === null) {
      lock.release();
    } else {
      local.lock = lock;
      local.hold(file, record.handle);
    }
    if (known) this.#desk.place(local, at);
    else this.#desk.show(local, at);
    // Where there are no locks, a tab that drives it says so.
    if (file === null) this.#means.tabs.post({ type: "ask", id: record.id });
    await this.#desk.learn(local);
  }

  #goElsewhere(local: LocalUpload): void {
    this.#desk.place(local, { name: "elsewhere", there: null });
    this.#followElsewhere(local);
  }

  #followElsewhere(local: LocalUpload): void {
    void this.#awaitTurn(local);
    if (local.remote !== null) this.#means.tabs.post({ type: "ask", id: local.remote.id });
  }

  /** Takes over when the tab that drives it is gone or has ended it. */
  async #awaitTurn(local: LocalUpload): Promise<void> {
    const { locks, store } = this.#means;
    const { remote } = local;
    if (remote === null) return;
    const signal = AbortSignal.any([this.#desk.closing, local.leaving.signal]);
    const lock = await locks.take(remote.id, signal).catch(() => null);
    if (lock === null) return;
    const record = await store.get(remote.id);
    if (record !== null && !record.cancelled && isElsewhere(local)) {
      await this.#settle(local, record, lock);
    } else {
      lock.release();
      await this.#ended(local);
    }
  }

  /** Nobody remembers it any more: it was completed, or somebody gave it up. */
  async #ended(local: LocalUpload): Promise<void> {
    const standing = await this.#desk.standing(local);
    // Meanwhile it may have been heard of in another way.
    if (!local.waitsForFile() && !isElsewhere(local)) return;
    if (standing?.name === "completed") this.#desk.foundCompleted(local);
    else this.#desk.forget(local);
  }

  #hear(message: Message): void {
    const local = this.#desk.ofUpload(message.id);
    if (message.type === "changed") void this.#recheck(message.id, local);
    if (local === null) return;
    const drives = local.lock !== null;
    if (message.type === "ask" && drives) this.#desk.tell(local);
    if (message.type === "command" && drives) this.#onCommand(local.key, message.action);
    if (message.type === "status" && !drives) this.#mirror(local, message);
  }

  #mirror(local: LocalUpload, status: Status): void {
    if (local.waitsForFile()) this.#goElsewhere(local);
    if (local.state.name !== "elsewhere") return;
    local.mirror = status;
    local.changed();
    if (local.state.there === status.state) this.#desk.board.soon();
    else this.#desk.place(local, { name: "elsewhere", there: status.state });
  }

  /** Another tab has begun or ended an upload. Of one that it takes over it tells by `status`. */
  async #recheck(id: string, local: LocalUpload | null): Promise<void> {
    const record = await this.#means.store.get(id);
    if (local === null) {
      if (record !== null) await this.adopt(record);
    } else if (record === null) {
      await this.#ended(local);
    }
  }
}

function isElsewhere(local: LocalUpload): boolean {
  return local.state.name === "elsewhere";
}
