/** Stand-ins for what is outside of the engine. Only tests import this. */

import { vi } from "vitest";

import type { VideoChange } from "./desk";
import { networkError, UploadError } from "./errors";
import type { UploadRow } from "./local";
import { browserLocks, type LockRequests } from "./locks";
import type { StateName } from "./machine";
import { type ManagerOptions, UploadManager } from "./manager";
import type {
  FileHandle,
  HeldPart,
  NamedPart,
  Network,
  PartRequest,
  RemoteState,
  SignedPart,
  UploadApi,
} from "./ports";
import type { Kept, UploadRecord, UploadStore } from "./store";
import type { Message, Tabs } from "./tabs";

export interface FakeVideo {
  readonly id: string;
}

interface FakeUpload {
  readonly id: string;
  readonly videoId: string;
  readonly size: number;
  readonly partSize: number;
  readonly partCount: number;
  state: RemoteState;
  /** Whether the store still knows it. */
  stored: boolean;
  readonly parts: Map<number, HeldPart>;
}

/** A PUT that waits for the test to let it go on. */
export interface WaitingPut {
  readonly number: number;
  readonly progress: (bytes: number) => void;
  readonly finish: () => void;
  readonly fail: (error: UploadError) => void;
}

type Call = "create" | "get" | "sign" | "complete" | "abort";

/** API and store in memory; 10 bytes a part unless told otherwise. */
export class FakeServer {
  partSize = 10;
  urlLifeMs = 900_000;
  /** PUTs wait in `waiting` instead of succeeding at once. */
  holding = false;
  /** Answers each PUT with an error, as long as it gives one. */
  putError: (number: number, request: PartRequest) => UploadError | null = () => null;
  /** As `putError`, for calls of the API. */
  callError: (call: Call) => UploadError | null = () => null;
  readonly uploads = new Map<string, FakeUpload>();
  readonly waiting: WaitingPut[] = [];
  /** Part numbers in the order in which they arrived. */
  readonly arrived: number[] = [];
  /** Part numbers in the order in which they were begun. */
  readonly begun: number[] = [];
  /** Part numbers whose PUT was ended by us. */
  readonly aborted: number[] = [];
  readonly signed: (readonly number[])[] = [];
  readonly calls: Call[] = [];
  readonly keys: string[] = [];
  readonly named: (readonly NamedPart[] | null)[] = [];
  bytes = 0;
  #byKey = new Map<string, FakeUpload>();
  #signatures = 0;

  readonly api: UploadApi<FakeVideo> = {
    create: async (wanted, key) => {
      this.keys.push(key);
      await this.#call("create");
      const before = this.#byKey.get(key);
      if (before !== undefined) return before;
      const number = this.uploads.size + 1;
      const upload: FakeUpload = {
        id: `upload-${number}`,
        videoId: `video-${number}`,
        size: wanted.size,
        partSize: this.partSize,
        partCount: Math.ceil(wanted.size / this.partSize),
        state: "open",
        stored: true,
        parts: new Map(),
      };
      this.uploads.set(upload.id, upload);
      this.#byKey.set(key, upload);
      return upload;
    },
    get: async (id) => {
      await this.#call("get");
      const upload = this.upload(id);
      return { ...upload, parts: upload.state === "open" ? listed(upload) : [] };
    },
    sign: async (id, numbers) => {
      this.signed.push(numbers);
      await this.#call("sign");
      const upload = this.#open(id);
      return numbers.map((number): SignedPart => {
        const end = Date.now() + this.urlLifeMs;
        return {
          number,
          size: Math.min(upload.partSize, upload.size - (number - 1) * upload.partSize),
          url: `https://store.test/${id}/${number}?signature=${(this.#signatures += 1)}&end=${end}`,
          expiresAt: new Date(end).toISOString(),
        };
      });
    },
    complete: async (id, named) => {
      this.named.push(named);
      await this.#call("complete");
      const upload = this.upload(id);
      if (upload.state === "completed") return { id: upload.videoId };
      this.#open(id);
      const wrong =
        upload.parts.size !== upload.partCount ||
        named?.some(({ number, etag }) => bare(upload.parts.get(number)) !== bare({ etag })) ===
          true;
      if (wrong) throw new UploadError("part_mismatch", "Parts are missing.");
      upload.state = "completed";
      return { id: upload.videoId };
    },
    abort: async (id) => {
      await this.#call("abort");
      const upload = this.upload(id);
      if (upload.state === "completed") throw new UploadError("invalid_state", "Completed.");
      upload.state = "aborted";
    },
  };

  readonly sendPart = async (request: PartRequest): Promise<string | null> => {
    const [, id = "", last = ""] = new URL(request.url).pathname.split("/");
    const number = Number(last);
    this.begun.push(number);
    await Promise.resolve();
    const error = this.putError(number, request);
    if (error !== null) throw error;
    if (Number(new URL(request.url).searchParams.get("end")) < Date.now()) {
      throw new UploadError("storage_refused", "HTTP 403 AccessDenied", { retryable: true });
    }
    if (this.holding) await this.#hold(number, request);
    const upload = this.uploads.get(id);
    if (upload?.state !== "open" || !upload.stored) {
      throw new UploadError("upload_gone", "HTTP 404 NoSuchUpload");
    }
    const etag = `"${await request.blob.text()}"`;
    request.signal.throwIfAborted();
    request.onProgress(request.blob.size);
    upload.parts.set(number, { number, size: request.blob.size, etag });
    this.bytes += request.blob.size;
    this.arrived.push(number);
    return etag;
  };

  upload(id: string): FakeUpload {
    const upload = this.uploads.get(id);
    if (upload === undefined) throw new UploadError("not_found", "There is no such upload.");
    return upload;
  }

  /** Lets all PUTs go on, and those that come. */
  release(): void {
    this.holding = false;
    for (const put of this.waiting.splice(0)) put.finish();
  }

  #open(id: string): FakeUpload {
    const upload = this.upload(id);
    if (upload.state !== "open") throw new UploadError("invalid_state", `It is ${upload.state}.`);
    return upload;
  }

  async #call(call: Call): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    const error = this.callError(call);
    if (error !== null) throw error;
  }

  #hold(number: number, { signal, onProgress }: PartRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const place = this.waiting.indexOf(put);
        if (place >= 0) this.waiting.splice(place, 1);
      };
      const put: WaitingPut = {
        number,
        progress: onProgress,
        finish: () => {
          leave();
          resolve();
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      this.waiting.push(put);
      signal.addEventListener("abort", () => {
        if (this.waiting.includes(put)) this.aborted.push(number);
        put.fail(networkError("aborted"));
      });
    });
  }
}

/** Without the quotes that the store puts into its header, as the real API does it. */
function listed(upload: FakeUpload): HeldPart[] {
  return [...upload.parts.values()].map((part) => ({ ...part, etag: bare(part) ?? "" }));
}

function bare(part: { readonly etag: string } | undefined): string | undefined {
  return part?.etag.replaceAll('"', "");
}

export class FakeNetwork implements Network {
  online = true;
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  set(online: boolean): void {
    this.online = online;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The browser's locks for several tabs in one test. */
export class FakeLocks implements LockRequests {
  readonly held = new Set<string>();
  #waiting: { readonly name: string; readonly start: () => void }[] = [];

  request(
    name: string,
    { ifAvailable = false, signal }: LockOptions,
    callback: (lock: unknown) => Promise<void>,
  ): Promise<unknown> {
    if (!this.held.has(name)) return this.#grant(name, callback);
    if (ifAvailable) return callback(null);
    return new Promise((resolve, reject) => {
      const start = () => {
        resolve(this.#grant(name, callback));
      };
      const entry = { name, start };
      this.#waiting.push(entry);
      signal?.addEventListener("abort", () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        reject(new DOMException("aborted", "AbortError"));
      });
    });
  }

  async #grant(name: string, callback: (lock: unknown) => Promise<void>): Promise<void> {
    this.held.add(name);
    await callback({ name });
    this.held.delete(name);
    const following = this.#waiting.find((entry) => entry.name === name);
    this.#waiting = this.#waiting.filter((entry) => entry !== following);
    following?.start();
  }
}

/** Tabs that hear each other. */
export class FakeTabs {
  readonly #listeners = new Map<Tabs, (message: Message) => void>();

  open(): Tabs {
    const tab: Tabs = {
      post: (message) => {
        for (const [other, listener] of this.#listeners) {
          if (other !== tab)
            queueMicrotask(() => {
              listener(message);
            });
        }
      },
      listen: (listener) => {
        this.#listeners.set(tab, listener);
      },
      close: () => {
        this.#listeners.delete(tab);
      },
    };
    return tab;
  }
}

/** Records in memory: unlike the stand-in for IndexedDB it can keep a fake handle. */
export function memoryStore(records = new Map<string, UploadRecord>()): UploadStore {
  const put = (record: UploadRecord): Promise<Kept> => {
    records.set(record.id, record);
    return Promise.resolve(record.handle === null ? "without-handle" : "whole");
  };
  return {
    list: () => Promise.resolve([...records.values()]),
    get: (id) => Promise.resolve(records.get(id) ?? null),
    put,
    patch: (id, change) => {
      const record = records.get(id);
      return record === undefined ? Promise.resolve("not") : put({ ...record, ...change });
    },
    remove: (id) => {
      records.delete(id);
      return Promise.resolve();
    },
    clear: () => {
      records.clear();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

export class FakeHandle implements FileHandle {
  readonly kind = "file";
  readonly name: string;
  permission: PermissionState = "granted";
  /** What a person answers. */
  answer: PermissionState = "granted";
  file: File | null;

  constructor(file: File) {
    this.name = file.name;
    this.file = file;
  }

  getFile(): Promise<File> {
    if (this.permission !== "granted" || this.file === null) {
      return Promise.reject(new DOMException("gone", "NotFoundError"));
    }
    return Promise.resolve(this.file);
  }

  queryPermission(): Promise<PermissionState> {
    return Promise.resolve(this.permission);
  }

  requestPermission(): Promise<PermissionState> {
    this.permission = this.answer;
    return Promise.resolve(this.answer);
  }
}

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

/** Whether what the store has, put together, is the file. */
export async function isWhole(server: FakeServer, id: string, file: File): Promise<boolean> {
  const parts = [...server.upload(id).parts.values()].sort((a, b) => a.number - b.number);
  return parts.map(({ etag }) => etag.slice(1, -1)).join("") === (await file.text());
}
