/** Stand-ins for what the engine has of a browser. Only tests import this. */

import type { LockRequests } from "./locks";
import type { FileHandle, Network } from "./ports";
import type { Kept, UploadRecord, UploadStore } from "./store";
import type { Message, Tabs } from "./tabs";

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
