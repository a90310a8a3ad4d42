/** What is remembered of unfinished uploads, in IndexedDB. Failing at it breaks nothing else. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { FileHandle } from "./ports";

/** Sizes in bytes, times in milliseconds since 1970. */
export interface UploadRecord {
  /** The upload's id at the API. */
  readonly id: string;
  readonly videoId: string;
  readonly userId: string;
  readonly filename: string;
  readonly size: number;
  readonly lastModified: number;
  readonly contentType: string | null;
  readonly partSize: number;
  readonly partCount: number;
  readonly fingerprint: string | null;
  /** With it the file need not be chosen again. */
  readonly handle: FileHandle | null;
  readonly createdAt: number;
  readonly pausedByUser: boolean;
  /** Cancelled, but the server may not know yet. */
  readonly cancelled: boolean;
}

export type RecordChange = Partial<
  Pick<UploadRecord, "handle" | "lastModified" | "pausedByUser" | "cancelled">
>;

/** How much of a record was kept. */
export type Kept = "whole" | "without-handle" | "not";

/** One user's records. No call fails: what cannot be kept is just not there later. */
export interface UploadStore {
  list(): Promise<UploadRecord[]>;
  get(id: string): Promise<UploadRecord | null>;
  put(record: UploadRecord): Promise<Kept>;
  patch(id: string, change: RecordChange): Promise<Kept>;
  remove(id: string): Promise<void>;
  /** Removes all of the user's. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: UploadRecord; indexes: { "by-user": string } };
}

type Database = IDBPDatabase<Schema>;

export function browserStore(userId: string, name = "framemill-uploads"): UploadStore {
  const opening = open(name);

  async function tried<T>(work: (database: Database) => Promise<T>, otherwise: T): Promise<T> {
    try {
      const database = await opening;
      return database === null ? otherwise : await work(database);
    } catch {
      // A private window, a full disk, a database that the browser has lost.
      return otherwise;
    }
  }

  async function write(database: Database, record: UploadRecord): Promise<Kept> {
    try {
      await database.put("uploads", record);
      return record.handle === null ? "without-handle" : "whole";
    } catch (error) {
      if (record.handle === null) throw error;
      // Some browsers have handles but cannot store them.
      await database.put("uploads", { ...record, handle: null });
      return "without-handle";
    }
  }

  async function read(database: Database, id: string): Promise<UploadRecord | null> {
    const record = await database.get("uploads", id);
    return record?.userId === userId ? record : null;
  }

  return {
    list: () =>
      tried(async (database) => {
        const records = await database.getAllFromIndex("uploads", "by-user", userId);
        return records.sort((one, other) => one.createdAt - other.createdAt);
      }, []),
    get: (id) => tried((database) => read(database, id), null),
    put: (record) => tried((database) => write(database, record), "not"),
    patch: (id, change) =>
      tried(async (database) => {
        const record = await read(database, id);
        return record === null ? "not" : write(database, { ...record, ...change });
      }, "not"),
    remove: (id) =>
      tried(async (database) => {
        if ((await read(database, id)) !== null) await database.delete("uploads", id);
      }, undefined),
    clear: () =>
      tried(async (database) => {
        const keys = await database.getAllKeysFromIndex("uploads", "by-user", userId);
        await Promise.all(keys.map((key) => database.delete("uploads", key)));
      }, undefined),
    close: () =>
      tried((database) => {
        database.close();
        return Promise.resolve();
      }, undefined),
  };
}

async function open(name: string): Promise<Database | null> {
  try {
    return await openDB<Schema>(name, 1, {
      upgrade(database) {
        const uploads = database.createObjectStore("uploads", { keyPath: "id" });
        uploads.createIndex("by-user", "userId");
      },
      // A later version of the page in another tab must not wait for this one.
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
      },
    });
  } catch {
    return null;
  }
}
