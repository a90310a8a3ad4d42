/** The engine's front door: all uploads of one user in this tab. */

import type { FileReason } from "./codes";
import { Desk, type Means, type VideoChange } from "./desk";
import { differenceOf } from "./fingerprint";
import { LocalUpload, type UploadRow } from "./local";
import { browserLocks, type Locks } from "./locks";
import { actionsOf, phaseOf } from "./machine";
import { browserNetwork } from "./network";
import { Ownership } from "./ownership";
import { fileOf } from "./place";
import type { FileHandle, Network, PartSender, UploadApi } from "./ports";
import { type Limits, refusalOf } from "./refuse";
import { browserStore, type UploadStore } from "./store";
import { browserTabs, type Command, type Tabs } from "./tabs";
import { xhrSender } from "./xhrSender";

export type { VideoChange };

/** What a person chooses; a handle spares choosing again after a reload. */
export type Chosen = File | FileHandle;

export interface ManagerOptions<Video> {
  readonly userId: string;
  readonly api: UploadApi<Video>;
  readonly onVideo?: (change: VideoChange<Video>) => void;
  /** Null as long as they are not known; see `setLimits`. */
  readonly limits?: Limits | null;
  /** Files that are sent at once. */
  readonly files?: number;
  /** Parts of one file that are sent at once. */
  readonly connections?: number;
  /** How long a connection may stand still, in milliseconds. */
  readonly stallMs?: number;
  /** Into how many cells a bar is cut at most. */
  readonly cells?: number;
  readonly sendPart?: PartSender;
  readonly network?: Network;
  readonly store?: UploadStore;
  readonly locks?: Locks;
  readonly tabs?: Tabs;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export class UploadManager<Video = unknown> {
  readonly #means: Means<Video>;
  readonly #desk: Desk<Video>;
  readonly #ownership: Ownership<Video>;
  readonly #stopListening: () => void;
  #limits: Limits | null;

  constructor(options: ManagerOptions<Video>) {
    const network = options.network ?? browserNetwork();
    this.#limits = options.limits ?? null;
    this.#means = {
      userId: options.userId,
      around: {
        api: options.api,
        sendPart: options.sendPart ?? xhrSender,
        network,
        random: options.random ?? Math.random,
        connections: options.connections ?? 4,
        stallMs: options.stallMs ?? 60_000,
      },
      onVideo: options.onVideo ?? (() => undefined),
      files: options.files ?? 2,
      cells: options.cells ?? 100,
      store: options.store ?? browserStore(options.userId),
      locks: options.locks ?? browserLocks(),
      tabs: options.tabs ?? browserTabs(options.userId),
    };
    this.#desk = new Desk(this.#means);
    this.#ownership = new Ownership(this.#desk, this.#means, (key, action) => {
      this.#command(key, action);
    });
    this.#stopListening = network.subscribe(() => {
      if (network.online) this.#retryAfterOutage();
    });
  }

  // What a page shows.

  readonly subscribe = (listener: () => void): (() => void) => this.#desk.board.subscribe(listener);

  /** The same array until something has changed. */
  readonly getSnapshot = (): readonly UploadRow[] => this.#desk.board.getSnapshot();

  /** Whether closing the page now would lose an upload or need its file to be chosen again. */
  get busy(): boolean {
    return this.#desk.locals.some(
      ({ state, atRisk }) => atRisk && (state.name === "queued" || phaseOf(state) !== null),
    );
  }

  /** Ids of uploads at the server that no page could go on with after this one. */
  get forgotten(): readonly string[] {
    return this.#desk.locals.flatMap(({ forgotten, remote }) =>
      forgotten && remote !== null ? [remote.id] : [],
    );
  }

  setLimits(limits: Limits): void {
    this.#limits = limits;
  }

  // What a person does.

  /** Takes files up; one that an upload waits for goes on with it. Returns the keys of the rows. */
  async add(chosen: Iterable<Chosen>): Promise<string[]> {
    const opened = await Promise.all([...chosen].map(open));
    const keys: string[] = [];
    for (const { name, file, handle } of opened) {
      if (this.#desk.closed()) break;
      const awaiting = file === null ? null : await this.#awaiting(file);
      if (file !== null && awaiting !== null) await this.#ownership.take(awaiting, file, handle);
      keys.push((awaiting ?? this.#enter(name, file, handle)).key);
    }
    return keys;
  }

  pause(key: string): void {
    this.#command(key, "pause");
  }

  resume(key: string): void {
    this.#command(key, "resume");
  }

  cancel(key: string): void {
    this.#command(key, "cancel");
  }

  retry(key: string): void {
    this.#command(key, "retry");
  }

  /** Takes a row away. An upload that failed is given up: the server drops what it has of it. */
  dismiss(key: string): void {
    this.#command(key, "dismiss");
  }

  /** Its video was deleted: nothing of it is to be sent any more, in whatever tab that is done. */
  videoDeleted(videoId: string): void {
    const local = this.#desk.ofVideo(videoId);
    if (local === null) return;
    this.cancel(local.key);
    if (local.state.name === "failed") this.dismiss(local.key);
  }

  pauseAll(): void {
    for (const { key } of this.#desk.locals) this.pause(key);
  }

  resumeAll(): void {
    for (const { key } of this.#desk.locals) this.resume(key);
  }

  /** Goes on with the file that was chosen again; says why not if it is another one. */
  async provideFile(key: string, chosen: Chosen): Promise<FileReason | null> {
    const { file, handle } = await open(chosen);
    const local = this.#desk.find(key);
    if (!local?.waitsForFile()) return null;
    const reason = file === null ? "file_unreadable" : await differenceOf(local.known, file);
    if (file !== null && reason === null) await this.#ownership.take(local, file, handle);
    else this.#askForFile(local, reason);
    return reason;
  }

  /** Asks for the permission to read the file again; call it right from a click. */
  async grant(key: string): Promise<FileReason | null> {
    const local = this.#desk.find(key);
    if (local?.state.name !== "needs-permission" || local.handle === null) return null;
    // Before anything else is awaited: browsers ask only right after a click.
    const answer = await permissionTo(local.handle);
    if (answer === "granted") return this.provideFile(key, local.handle);
    // Closed without an answer: the button stays.
    if (answer === "prompt") return null;
    this.#askForFile(local, "permission_denied");
    return "permission_denied";
  }

  // The life of the page.

  /** Takes up what this user left unfinished, here or in another tab. */
  async restore(): Promise<void> {
    const records = await this.#means.store.list();
    await Promise.all(records.map((record) => this.#ownership.adopt(record)));
  }

  /**
   * Stops everything at log-out; what is unfinished stays remembered.
   *
   * @param forget nothing stays: the account is no more.
   */
  async close({ forget = false } = {}): Promise<void> {
    this.#stopListening();
    this.#means.tabs.close();
    await this.#desk.close();
    if (forget) await this.#means.store.clear();
    await this.#means.store.close();
  }

  #command(key: string, action: Command): void {
    const local = this.#desk.find(key);
    if (local === null || !actionsOf(local.state).includes(action)) return;
    const id = local.remote?.id;
    if (local.state.name === "elsewhere") {
      if (id !== undefined) this.#means.tabs.post({ type: "command", id, action });
    } else if (action === "dismiss") {
      if (local.state.name === "failed") this.#desk.dispatch(local, { type: "cancel" });
      this.#desk.forget(local);
    } else {
      this.#desk.dispatch(local, { type: action });
      const pausedByUser = action === "pause";
      if (id !== undefined && (pausedByUser || action === "resume")) {
        void this.#means.store.patch(id, { pausedByUser });
      }
    }
  }

  #retryAfterOutage(): void {
    for (const { key, state } of this.#desk.locals) {
      if (state.name === "failed" && state.failure.code === "network_error") this.retry(key);
    }
  }

  #enter(name: string, file: File | null, handle: FileHandle | null): LocalUpload {
    const local = LocalUpload.ofFile(name, file, handle);
    const code = file === null ? "file_unreadable" : refusalOf(file, this.#limits);
    if (code === null) {
      this.#desk.show(local, { name: "queued" });
    } else {
      local.file = null;
      this.#desk.show(local, { name: "failed", failure: { code, message: "", retryable: false } });
    }
    return local;
  }

  /** The upload that waits for this very file. */
  async #awaiting(file: File): Promise<LocalUpload | null> {
    for (const local of this.#desk.locals) {
      if (!local.waitsForFile() || local.name !== file.name || local.size !== file.size) continue;
      if ((await differenceOf(local.known, file)) === null) return local;
    }
    return null;
  }

  #askForFile(local: LocalUpload, reason: FileReason | null): void {
    // Meanwhile another tab may have it.
    if (local.waitsForFile()) this.#desk.place(local, { name: "needs-file", reason });
  }
}

interface Opened {
  readonly name: string;
  /** Null when it cannot be read. */
  readonly file: File | null;
  readonly handle: FileHandle | null;
}

async function open(chosen: Chosen): Promise<Opened> {
  if (!("getFile" in chosen)) return { name: chosen.name, file: chosen, handle: null };
  return { name: chosen.name, file: await fileOf(chosen), handle: chosen };
}

async function permissionTo(handle: FileHandle): Promise<PermissionState> {
  try {
    return (await handle.requestPermission?.({ mode: "read" })) ?? "granted";
  } catch {
    return "denied";
  }
}
