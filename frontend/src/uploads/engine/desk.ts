/** The uploads of this tab: what follows from each event, whose turn it is, and how all is shown. */

import { Board } from "./board";
import { LocalUpload, type UploadRow } from "./local";
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
  #locals: readonly LocalUpload[] = [];

  constructor(means: Means<Video>) {
    this.#means = means;
    this.#teller = new Teller(means.tabs);
  }

  // The list.

  get locals(): readonly LocalUpload[] {
    return this.#locals;
  }

  /** A function, because it has to be asked again after every wait. */
  closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Comes when everything is to end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  find(key: string): LocalUpload | null {
    return this.#locals.find((local) => local.key === key) ?? null;
  }

  ofVideo(videoId: string): LocalUpload | null {
    return this.#locals.find((local) => local.remote?.videoId === videoId) ?? null;
  }

  ofUpload(id: string): LocalUpload | null {
    return this.#locals.find((local) => local.remote?.id === id) ?? null;
  }

  show(local: LocalUpload, at: State): void {
    local.enter(at);
    this.#locals = [...this.#locals, local];
    this.#fill();
    this.board.now();
  }

  forget(local: LocalUpload): void {
    this.#locals = this.#locals.filter((other) => other !== local);
    local.end();
    this.board.now();
  }

  /** Tells other tabs how far an upload is, asked or not. */
  tell(local: LocalUpload): void {
    this.#teller.tell(local, this.#row(local));
  }

  /** Ends everything, without forgetting what is unfinished. */
  async close(): Promise<void> {
    const locals = this.#locals;
    this.#locals = [];
    this.#closing.abort();
    for (const local of locals) local.end();
    this.board.now();
    await Promise.all(locals.map((local) => local.running));
    this.board.stop();
    // Only now: nothing of theirs is on its way any more.
    for (const local of locals) local.releaseLock();
  }

  // Events and what follows from them.

  place(local: LocalUpload, at: Placed): void {
    this.dispatch(local, { type: "placed", at });
  }

  dispatch(local: LocalUpload, event: UploadEvent): void {
    const before = local.state;
    const after = next(before, event);
    if (after === before || !this.#locals.includes(local)) return;
    local.enter(after);
    this.#follow(local, before, after);
    this.#fill();
    this.board.now();
  }

  #follow(local: LocalUpload, before: State, after: State): void {
    const ran = phaseOf(before) !== null;
    const runs = phaseOf(after) !== null;
    if (ran && !runs) local.stop.abort();
    if (!ran && runs) this.#run(local);
    if (after.name === "needs-file") local.letGo();
    if (after.name === "done") void this.#completed(local);
    if (after.name === "cancelled") void this.#drop(local);
  }

  /** Gives a free place to the one who waits longest. */
  #fill(): void {
    const taken = this.#locals.filter((local) => phaseOf(local.state) !== null).length;
    const waiting = this.#locals.find((local) => local.state.name === "queued");
    if (waiting === undefined || taken >= this.#means.files) return;
    // Comes back here for the one after it.
    this.dispatch(waiting, { type: "start", known: waiting.remote !== null });
  }

  #run(local: LocalUpload): void {
    const stop = new AbortController();
    local.stop = stop;
    const hooks = {
      emit: (event: UploadEvent) => {
        this.dispatch(local, event);
      },
      onCreated: () => this.#created(local),
      onChange: () => {
        local.changed();
        this.board.soon();
      },
      onCompleted: (video: Video | null) => {
        this.#announce(local, video);
      },
      onGone: (failure: Failure) => {
        this.#gone(local, failure);
      },
      onAnew: () => {
        this.#forgetRemote(local);
        local.begunAnew = true;
        this.dispatch(local, { type: "again" });
      },
      onRefused: (failure: Failure) => {
        void this.#giveUp(local, failure);
      },
    };
    // After the run before it, whose connections may still be closing.
    local.running = local.running.then(() => run(local, this.#means.around, hooks, stop.signal));
  }

  /** The server knows the upload: from here on it survives this page. */
  async #created(local: LocalUpload): Promise<void> {
    const { userId, locks, store, tabs, onVideo } = this.#means;
    const record = local.record(userId);
    if (record === null) return;
    local.lock = await locks.tryTake(record.id);
    local.kept = await store.put(record);
    tabs.post({ type: "changed", id: record.id });
    onVideo({ type: "created", videoId: record.videoId });
    // It may have been paused meanwhile, so that nothing else would show it.
    local.changed();
    this.board.soon();
  }

  /** The video is the server's. */
  async #completed(local: LocalUpload): Promise<void> {
    local.file = null;
    // Before the lock, so that a tab that waits for it finds no record and asks the server.
    if (local.remote !== null) await this.#unremember(local.remote.id);
    local.releaseLock();
  }

  #announce(local: LocalUpload, video: Video | null): void {
    if (local.remote === null) return;
    this.#means.onVideo({ type: "completed", videoId: local.remote.videoId, video });
  }

  /** The server has dropped the upload: a retry begins a new one. */
  #gone(local: LocalUpload, failure: Failure): void {
    this.#forgetRemote(local);
    this.dispatch(local, { type: "failed", failure });
  }

  #forgetRemote(local: LocalUpload): void {
    const { remote } = local;
    if (remote !== null) {
      void this.#unremember(remote.id);
      this.#means.onVideo({ type: "removed", videoId: remote.videoId });
    }
    local.releaseLock();
    local.startOver();
  }

  /** Nothing of it will arrive: it must not count as being uploaded. A retry begins a new one. */
  async #giveUp(local: LocalUpload, failure: Failure): Promise<void> {
    const { remote } = local;
    if (remote === null) return;
    const { lock } = local;
    local.lock = null;
    local.startOver();
    this.dispatch(local, { type: "failed", failure });
    // Remembered first: if the page closes now, the next one does it.
    await this.#means.store.patch(remote.id, { cancelled: true });
    const outcome = await this.dropRemote(remote.id);
    if (outcome === "gone") this.#means.onVideo({ type: "removed", videoId: remote.videoId });
    lock?.release();
  }

  /** Has the server drop what it has of a cancelled upload. */
  async #drop(local: LocalUpload): Promise<void> {
    await local.running;
    local.file = null;
    const { remote } = local;
    if (remote === null) return;
    // Remembered first: if the page closes now, the next one does it.
    await this.#means.store.patch(remote.id, { cancelled: true });
    const outcome = await this.dropRemote(remote.id);
    if (outcome === "gone") this.#means.onVideo({ type: "removed", videoId: remote.videoId });
    if (outcome === "completed") this.foundCompleted(local);
    local.releaseLock();
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
  async learn(local: LocalUpload): Promise<void> {
    if (phaseOf(local.state) !== null) return;
    const standing = await this.standing(local);
    // Meanwhile it may have been started; then it asks by itself.
    if (standing === null || phaseOf(local.state) !== null) return;
    if (standing.name === "gone") this.#gone(local, goneFailure(local));
    if (standing.name === "completed") this.foundCompleted(local);
    if (standing.name === "open") {
      local.learn(standing.upload);
      this.board.now();
    }
  }

  /** Null when the server cannot be asked. */
  async standing(local: LocalUpload): Promise<Standing | null> {
    const { around } = this.#means;
    if (local.remote === null) return null;
    return standingOf(local.remote.id, around.api, around, this.closing).catch(() => null);
  }

  foundCompleted(local: LocalUpload): void {
    this.dispatch(local, { type: "completed" });
    this.#announce(local, null);
  }

  #row(local: LocalUpload): UploadRow {
    return local.row(performance.now(), this.#means.cells);
  }

  #rows(): readonly UploadRow[] {
    if (this.#locals.some((local) => local.state.name === "sending")) this.board.soon(TICK_MS);
    return this.#locals.map((local) => {
      const row = this.#row(local);
      if (local.lock !== null) this.#teller.tellNews(local, row);
      return row;
    });
  }
}
