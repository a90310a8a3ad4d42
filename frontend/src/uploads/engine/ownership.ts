/** Who drives a remembered upload: this tab, another one, or nobody until its file is there. */

import type { Desk, Means } from "./desk";
import { Job } from "./job";
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
        const job = Job.ofRecord(record);
        this.#desk.show(job, { name: "elsewhere", there: null });
        this.#followElsewhere(job);
      } else if (record.cancelled) {
        await this.#desk.dropRemote(id);
        lock.release();
      } else {
        await this.#settle(Job.ofRecord(record), record, lock);
      }
    } finally {
      this.#adopting.delete(id);
    }
  }

  /** Goes on with an upload whose file is known to be the right one. */
  async take(job: Job, file: File, handle: FileHandle | null): Promise<void> {
    const { locks, store } = this.#means;
    const { remote } = job;
    if (remote === null) return;
    const lock = await locks.tryTake(remote.id);
    if (lock === null) {
      if (job.waitsForFile()) this.#goElsewhere(job);
      return;
    }
    if (this.#desk.closed() || !job.waitsForFile()) {
      lock.release();
      return;
    }
    job.lock = lock;
    job.hold(file, handle);
    this.#desk.place(job, { name: "queued" });
    const { lastModified } = file;
    const change = { handle: job.handle, lastModified, pausedByUser: false };
    job.kept = await store.patch(remote.id, change);
  }

  /** Finds out what an upload needs to go on, and lets it if that is nothing. */
  async #settle(job: Job, record: UploadRecord, lock: Lock): Promise<void> {
    const { at, file } = await placeOf(record, record.handle, record.pausedByUser);
    const known = this.#desk.jobs.includes(job);
    if (this.#desk.closed() || (known && !isElsewhere(job))) {
      lock.release();
      return;
    }
    if (file === null) {
      lock.release();
    } else {
      job.lock = lock;
      job.hold(file, record.handle);
    }
    if (known) this.#desk.place(job, at);
    else this.#desk.show(job, at);
    // Where there are no locks, a tab that drives it says so.
    if (file === null) this.#means.tabs.post({ type: "ask", id: record.id });
    await this.#desk.learn(job);
  }

  #goElsewhere(job: Job): void {
    this.#desk.place(job, { name: "elsewhere", there: null });
    this.#followElsewhere(job);
  }

  #followElsewhere(job: Job): void {
    void this.#awaitTurn(job);
    if (job.remote !== null) this.#means.tabs.post({ type: "ask", id: job.remote.id });
  }

  /** Takes over when the tab that drives it is gone or has ended it. */
  async #awaitTurn(job: Job): Promise<void> {
    const { locks, store } = this.#means;
    const { remote } = job;
    if (remote === null) return;
    const signal = AbortSignal.any([this.#desk.closing, job.leaving.signal]);
    const lock = await locks.take(remote.id, signal).catch(() => null);
    if (lock === null) return;
    const record = await store.get(remote.id);
    if (record !== null && !record.cancelled && isElsewhere(job)) {
      await this.#settle(job, record, lock);
    } else {
      lock.release();
      await this.#ended(job);
    }
  }

  /** Nobody remembers it any more: it was completed, or somebody gave it up. */
  async #ended(job: Job): Promise<void> {
    const standing = await this.#desk.standing(job);
    // Meanwhile it may have been heard of in another way.
    if (!job.waitsForFile() && !isElsewhere(job)) return;
    if (standing?.name === "completed") this.#desk.foundCompleted(job);
    else this.#desk.forget(job);
  }

  #hear(message: Message): void {
    const job = this.#desk.ofUpload(message.id);
    if (message.type === "changed") void this.#recheck(message.id, job);
    if (job === null) return;
    const drives = job.lock !== null;
    if (message.type === "ask" && drives) this.#desk.tell(job);
    if (message.type === "command" && drives) this.#onCommand(job.key, message.action);
    if (message.type === "status" && !drives) this.#mirror(job, message);
  }

  #mirror(job: Job, status: Status): void {
    if (job.waitsForFile()) this.#goElsewhere(job);
    if (job.state.name !== "elsewhere") return;
    job.mirror = status;
    job.changed();
    if (job.state.there === status.state) this.#desk.board.soon();
    else this.#desk.place(job, { name: "elsewhere", there: status.state });
  }

  /** Another tab has begun or ended an upload. Of one that it takes over it tells by `status`. */
  async #recheck(id: string, job: Job | null): Promise<void> {
    const record = await this.#means.store.get(id);
    if (job === null) {
      if (record !== null) await this.adopt(record);
    } else if (record === null) {
      await this.#ended(job);
    }
  }
}

function isElsewhere(job: Job): boolean {
  return job.state.name === "elsewhere";
}
