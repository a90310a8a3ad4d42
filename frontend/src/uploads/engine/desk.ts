/** The uploads of this tab: what follows from each event, whose turn it is, and how all is shown. */

import { Board } from "./board";
import { Job, type UploadRow } from "./job";
import type { Locks } from "./locks";
import { type Failure, next, phaseOf, type Placed, type State, type UploadEvent } from "./machine";
import { goneFailure, run, type Surroundings } from "./run";
import { dropUpload, type Standing, standingOf } from "./standing";
import type { UploadStore } from "./store";
import type { Tabs } from "./tabs";
import { Teller } from "./teller";

/** What became of a video in the library. */
export type VideoChange<Video> =
  | { readonly type: "created" | "removed"; readonly videoId: string }
  /** `video` is null when the upload was found completed. */
  | { readonly type: "completed"; readonly videoId: string; readonly video: Video | null };

/** What the uploads of a user are done with. */
export interface Means<Video> {
  readonly userId: string;
  readonly around: Surroundings<Video>;
  readonly onVideo: (change: VideoChange<Video>) => void;
  /** Files that are sent at once. */
  readonly files: number;
  /** Into how many cells a bar is cut at most. */
  readonly cells: number;
  readonly store: UploadStore;
  readonly locks: Locks;
  readonly tabs: Tabs;
}

/** While something is sent, speed and time left change even when no byte moves. */
const TICK_MS = 1_000;

export class Desk<Video> {
  readonly board = new Board<UploadRow>(() => this.#rows());
  readonly #means: Means<Video>;
  readonly #teller: Teller;
  readonly #closing = new AbortController();
  #jobs: readonly Job[] = [];

  constructor(means: Means<Video>) {
    this.#means = means;
    this.#teller = new Teller(means.tabs);
  }

  // The list.

  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  /** A function, because it has to be asked again after every wait. */
  closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Comes when everything is to end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  find(key: string): Job | null {
    return this.#jobs.find((job) => job.key === key) ?? null;
  }

  ofVideo(videoId: string): Job | null {
    return this.#jobs.find((job) => job.remote?.videoId === videoId) ?? null;
  }

  ofUpload(id: string): Job | null {
    return this.#jobs.find((job) => job.remote?.id === id) ?? null;
  }

  show(job: Job, at: State): void {
    job.enter(at);
    this.#jobs = [...this.#jobs, job];
    this.#fill();
    this.board.now();
  }

  forget(job: Job): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
    job.end();
    this.board.now();
  }

  /** Tells other tabs how far an upload is, asked or not. */
  tell(job: Job): void {
    this.#teller.tell(job, this.#row(job));
  }

  /** Ends everything, without forgetting what is unfinished. */
  async close(): Promise<void> {
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#closing.abort();
    for (const job of jobs) job.end();
    this.board.now();
    await Promise.all(jobs.map((job) => job.running));
    this.board.stop();
    // Only now: nothing of theirs is on its way any more.
    for (const job of jobs) job.releaseLock();
  }

  // Events and what follows from them.

  place(job: Job, at: Placed): void {
    this.dispatch(job, { type: "placed", at });
  }

  dispatch(job: Job, event: UploadEvent): void {
    const before = job.state;
    const after = next(before, event);
    if (after === before || !this.#jobs.includes(job)) return;
    job.enter(after);
    this.#follow(job, before, after);
    this.#fill();
    this.board.now();
  }

  #follow(job: Job, before: State, after: State): void {
    const ran = phaseOf(before) !== null;
    const runs = phaseOf(after) !== null;
    if (ran && !runs) job.stop.abort();
    if (!ran && runs) this.#run(job);
    if (after.name === "needs-file") job.letGo();
    if (after.name === "done") void this.#completed(job);
    if (after.name === "cancelled") void this.#drop(job);
  }

  /** Gives a free place to the one who waits longest. */
  #fill(): void {
    const taken = this.#jobs.filter((job) => phaseOf(job.state) !== null).length;
    const waiting = this.#jobs.find((job) => job.state.name === "queued");
    if (waiting === undefined || taken >= this.#means.files) return;
    // Comes back here for the one after it.
    this.dispatch(waiting, { type: "start", known: waiting.remote !== null });
  }

  #run(job: Job): void {
    const stop = new AbortController();
    job.stop = stop;
    const hooks = {
      emit: (event: UploadEvent) => {
        this.dispatch(job, event);
      },
      onCreated: () => this.#created(job),
      onChange: () => {
        job.changed();
        this.board.soon();
      },
      onCompleted: (video: Video | null) => {
        this.#announce(job, video);
      },
      onGone: (failure: Failure) => {
        this.#gone(job, failure);
      },
      onAnew: () => {
        this.#forgetRemote(job);
        job.begunAnew = true;
        this.dispatch(job, { type: "again" });
      },
      onRefused: (failure: Failure) => {
        void this.#giveUp(job, failure);
      },
    };
    // After the run before it, whose connections may still be closing.
    job.running = job.running.then(() => run(job, this.#means.around, hooks, stop.signal));
  }

  /** The server knows the upload: from here on it survives this page. */
  async #created(job: Job): Promise<void> {
    const { userId, locks, store, tabs, onVideo } = this.#means;
    const record = job.record(userId);
    if (record === null) return;
    job.lock = await locks.tryTake(record.id);
    job.kept = await store.put(record);
    tabs.post({ type: "changed", id: record.id });
    onVideo({ type: "created", videoId: record.videoId });
    // It may have been paused meanwhile, so that nothing else would show it.
    job.changed();
    this.board.soon();
  }

  /** The video is the server's. */
  async #completed(job: Job): Promise<void> {
    job.file = null;
    // Before the lock, so that a tab that waits for it finds no record and asks the server.
    if (job.remote !== null) await this.#unremember(job.remote.id);
    job.releaseLock();
  }

  #announce(job: Job, video: Video | null): void {
    if (job.remote === null) return;
    this.#means.onVideo({ type: "completed", videoId: job.remote.videoId, video });
  }

  /** The server has dropped the upload: a retry begins a new one. */
  #gone(job: Job, failure: Failure): void {
    this.#forgetRemote(job);
    this.dispatch(job, { type: "failed", failure });
  }

  #forgetRemote(job: Job): void {
    const { remote } = job;
    if (remote !== null) {
      void this.#unremember(remote.id);
      this.#means.onVideo({ type: "removed", videoId: remote.videoId });
    }
    job.releaseLock();
    job.startOver();
  }

  /** Nothing of it will arrive: it must not count as being uploaded. A retry begins a new one. */
  async #giveUp(job: Job, failure: Failure): Promise<void> {
    const { remote } = job;
    if (remote === null) return;
    const { lock } = job;
    job.lock = null;
    job.startOver();
    this.dispatch(job, { type: "failed", failure });
    // Remembered first: if the page closes now, the next one does it.
    await this.#means.store.patch(remote.id, { cancelled: true });
    const outcome = await this.dropRemote(remote.id);
    if (outcome === "gone") this.#means.onVideo({ type: "removed", videoId: remote.videoId });
    lock?.release();
  }

  /** Has the server drop what it has of a cancelled upload. */
  async #drop(job: Job): Promise<void> {
    await job.running;
    job.file = null;
    const { remote } = job;
    if (remote === null) return;
    // Remembered first: if the page closes now, the next one does it.
    await this.#means.store.patch(remote.id, { cancelled: true });
    const outcome = await this.dropRemote(remote.id);
    if (outcome === "gone") this.#means.onVideo({ type: "removed", videoId: remote.videoId });
    if (outcome === "completed") this.foundCompleted(job);
    job.releaseLock();
  }

  /** Forgets the record only when the server is sure to know. */
  async dropRemote(id: string): Promise<"gone" | "completed" | null> {
    const { around } = this.#means;
    const outcome = await dropUpload(id, around.api, around, this.closing);
    if (outcome !== null) await this.#unremember(id);
    return outcome;
  }

  async #unremember(id: string): Promise<void> {
    await this.#means.store.remove(id);
    this.#means.tabs.post({ type: "changed", id });
  }

  // What the server says about an upload that nothing is being done for.

  /** Learns how far it is. */
  async learn(job: Job): Promise<void> {
    if (phaseOf(job.state) !== null) return;
    const standing = await this.standing(job);
    // Meanwhile it may have been started; then it asks by itself.
    if (standing === null || phaseOf(job.state) !== null) return;
    if (standing.name === "gone") this.#gone(job, goneFailure(job));
    if (standing.name === "completed") this.foundCompleted(job);
    if (standing.name === "open") {
      job.learn(standing.upload);
      this.board.now();
    }
  }

  /** Null when the server cannot be asked. */
  async standing(job: Job): Promise<Standing | null> {
    const { around } = this.#means;
    if (job.remote === null) return null;
    return standingOf(job.remote.id, around.api, around, this.closing).catch(() => null);
  }

  foundCompleted(job: Job): void {
    this.dispatch(job, { type: "completed" });
    this.#announce(job, null);
  }

  #row(job: Job): UploadRow {
    return job.row(performance.now(), this.#means.cells);
  }

  #rows(): readonly UploadRow[] {
    if (this.#jobs.some((job) => job.state.name === "sending")) this.board.soon(TICK_MS);
    return this.#jobs.map((job) => {
      const row = this.#row(job);
      if (job.lock !== null) this.#teller.tellNews(job, row);
      return row;
    });
  }
}
