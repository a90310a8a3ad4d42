/** Everything that belongs to one upload in this tab, and the row that shows it. */

import type { KnownFile } from "./fingerprint";
import type { Lock } from "./locks";
import {
  type Action,
  actionsOf,
  type Failure,
  isOver,
  type State,
  type StateName,
} from "./machine";
import { IDLE, type Meter, observe, speedOf, timeLeft } from "./meter";
import { Parts } from "./parts";
import type { FileHandle, HeldPart, RemoteUpload } from "./ports";
import type { Kept, UploadRecord } from "./store";

/** One upload as it is shown; sizes in bytes. A row that has not changed is the same object. */
export interface UploadRow {
  /** Names the upload in this tab, from before the server knows it. */
  readonly key: string;
  readonly uploadId?: string;
  readonly videoId?: string;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  /** Bytes a second; null when it is too early to tell or nothing is being sent. */
  readonly speed: number | null;
  /** Seconds; null as with `speed`. */
  readonly timeLeft: number | null;
  /** How full each stretch of the file is, 0 to 1; empty before the server has cut the file. */
  readonly cells: readonly number[];
  readonly state: StateName;
  /** Only when `state` is `failed`. */
  readonly failure?: Failure;
  /** Only when `state` is `needs-file` and another choice or the disk was the reason. */
  readonly reason?: string;
  /** Only when `state` is `elsewhere`: its state in the other tab, once that is known. */
  readonly there?: StateName;
  readonly actions: readonly Action[];
  /** What the store had already when this page took the upload up again. */
  readonly resumedFrom: number;
  /** Only when what had been sent was lost, so that it is sent once more. */
  readonly begunAnew?: true;
}

/** What another tab says of an upload that it drives. */
interface Mirror {
  readonly sent: number;
  readonly cells: readonly number[];
}

export class LocalUpload {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly contentType: string | null;
  known: KnownFile;
  state: State = { name: "queued" };
  file: File | null = null;
  handle: FileHandle | null = null;
  remote: { readonly id: string; readonly videoId: string } | null = null;
  parts: Parts | null = null;
  /** What the store had when this page took it up; null until that is known. */
  resumedFrom: number | null = 0;
  kept: Kept = "not";
  /** Once, by itself: what is lost over and over is a person's to look at. */
  begunAnew = false;
  /** A repeated `create` with the same key gives the same upload. */
  idempotencyKey = randomKey();
  lock: Lock | null = null;
  mirror: Mirror | null = null;
  /** Ends what is being done; settles when it has ended. */
  running: Promise<void> = Promise.resolve();
  stop = new AbortController();
  /** Its row is taken away. */
  readonly leaving = new AbortController();
  #meter: Meter = IDLE;
  #row: UploadRow | null = null;

  constructor(key: string, about: Pick<LocalUpload, "name" | "size" | "contentType" | "known">) {
    this.key = key;
    this.name = about.name;
    this.size = about.size;
    this.contentType = about.contentType;
    this.known = about.known;
  }

  static ofFile(name: string, file: File | null, handle: FileHandle | null): LocalUpload {
    const size = file?.size ?? 0;
    const local = new LocalUpload(randomKey(), {
      name,
      size,
      contentType: file === null || file.type === "" ? null : file.type,
      known: { size, lastModified: file?.lastModified ?? 0, fingerprint: null },
    });
    local.file = file;
    local.handle = handle;
    return local;
  }

  static ofRecord(record: UploadRecord): LocalUpload {
    const local = new LocalUpload(record.id, {
      name: record.filename,
      size: record.size,
      contentType: record.contentType,
      known: record,
    });
    local.handle = record.handle;
    local.resumedFrom = null;
    local.remote = { id: record.id, videoId: record.videoId };
    local.parts = new Parts(record.size, record.partSize, record.partCount);
    local.kept = record.handle === null ? "without-handle" : "whole";
    return local;
  }

  /** What is remembered of it; null before the server knows it. */
  record(userId: string): UploadRecord | null {
    if (this.remote === null || this.parts === null) return null;
    return {
      id: this.remote.id,
      videoId: this.remote.videoId,
      userId,
      filename: this.name,
      size: this.size,
      lastModified: this.known.lastModified,
      contentType: this.contentType,
      partSize: this.parts.partSize,
      partCount: this.parts.count,
      fingerprint: this.known.fingerprint,
      handle: this.handle,
      createdAt: Date.now(),
      pausedByUser: this.state.name === "paused",
      cancelled: this.state.name === "cancelled",
    };
  }

  enter(state: State): void {
    this.state = state;
    if (state.name !== "elsewhere") this.mirror = null;
    this.changed();
  }

  /** Has its file again. */
  hold(file: File, handle: FileHandle | null): void {
    this.file = file;
    this.handle = handle ?? this.handle;
    this.known = { ...this.known, lastModified: file.lastModified };
  }

  adopt(remote: RemoteUpload): void {
    this.remote = { id: remote.id, videoId: remote.videoId };
    this.parts = new Parts(remote.size, remote.partSize, remote.partCount);
  }

  /** Takes over which parts the store has; nothing may be on its way. */
  learn(remote: RemoteUpload & { readonly parts: readonly HeldPart[] }): void {
    if (this.parts === null) this.adopt(remote);
    this.parts?.reconcile(remote.parts);
    this.resumedFrom ??= this.parts?.heldBytes ?? 0;
    this.changed();
  }

  /** The server has dropped the upload; the next try begins a new one. */
  startOver(): void {
    this.remote = null;
    this.parts = null;
    this.resumedFrom = 0;
    this.kept = "not";
    this.renewKey();
    this.changed();
  }

  /** What was begun under the key before is over: the next `create` begins another. */
  renewKey(): void {
    this.idempotencyKey = randomKey();
  }

  /** Stops whatever is done for it or waited for. */
  end(): void {
    this.stop.abort();
    this.leaving.abort();
  }

  /** Without its file there is nothing that this tab could do for it: another may. */
  letGo(): void {
    this.file = null;
    this.releaseLock();
  }

  releaseLock(): void {
    this.lock?.release();
    this.lock = null;
  }

  /** Its row is out of date. */
  changed(): void {
    this.#row = null;
  }

  waitsForFile(): boolean {
    return this.state.name === "needs-file" || this.state.name === "needs-permission";
  }

  /** Whether the server has something that nobody would find again after a reload. */
  get forgotten(): boolean {
    return this.remote !== null && this.kept === "not" && !isOver(this.state);
  }

  /** Whether a reload would lose it, or need its file to be chosen again. */
  get atRisk(): boolean {
    return this.remote === null || this.kept !== "whole";
  }

  row(now: number, cellLimit: number): UploadRow {
    const moving = this.state.name === "sending";
    if (!moving) this.#meter = IDLE;
    if (this.#row !== null && !moving) return this.#row;
    const sent = this.#sent();
    if (moving) this.#meter = observe(this.#meter, now, sent);
    const speed = speedOf(this.#meter);
    const { state } = this;
    this.#row = {
      key: this.key,
      ...(this.remote === null ? {} : { uploadId: this.remote.id, videoId: this.remote.videoId }),
      name: this.name,
      size: this.size,
      sent,
      speed,
      timeLeft: timeLeft(speed, this.size - sent),
      cells: this.mirror?.cells ?? this.parts?.cells(cellLimit) ?? [],
      state: state.name,
      ...(state.name === "failed" ? { failure: state.failure } : {}),
      ...(state.name === "needs-file" && state.reason !== null ? { reason: state.reason } : {}),
      ...(state.name === "elsewhere" && state.there !== null ? { there: state.there } : {}),
      actions: actionsOf(state),
      resumedFrom: this.resumedFrom ?? 0,
      ...(this.begunAnew ? { begunAnew: true } : {}),
    };
    return this.#row;
  }

  #sent(): number {
    if (this.state.name === "done") return this.size;
    return this.mirror?.sent ?? this.parts?.sent ?? 0;
  }
}

/** `crypto.randomUUID` is not there on a page without https; this is. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
