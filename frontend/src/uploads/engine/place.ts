/** Finds the file of a remembered upload again, or says what is needed for that. */

import { differenceOf, type KnownFile } from "./fingerprint";
import type { Placed } from "./machine";
import type { FileHandle } from "./ports";

export interface Place {
  readonly at: Placed;
  /** Null when the upload cannot go on without a person. */
  readonly file: File | null;
}

/** Where an upload stands after a reload. */
export async function placeOf(
  known: KnownFile,
  handle: FileHandle | null,
  pausedByUser: boolean,
): Promise<Place> {
  if (handle === null) return without({ name: "needs-file", reason: null });
  const permission = await permissionOf(handle);
  if (permission === "prompt") return without({ name: "needs-permission" });
  if (permission === "denied") return without({ name: "needs-file", reason: "permission_denied" });
  const file = await fileOf(handle);
  if (file === null) return without({ name: "needs-file", reason: "file_missing" });
  const reason = await differenceOf(known, file);
  if (reason !== null) return without({ name: "needs-file", reason });
  return { at: { name: pausedByUser ? "paused" : "queued" }, file };
}

async function permissionOf(handle: FileHandle): Promise<PermissionState> {
  try {
    return (await handle.queryPermission?.({ mode: "read" })) ?? "granted";
  } catch {
    // A handle that has gone bad in the store: choosing the file helps.
    return "denied";
  }
}

/** Null when it was moved or deleted, or may not be read. */
export async function fileOf(handle: FileHandle): Promise<File | null> {
  try {
    return await handle.getFile();
  } catch {
    return null;
  }
}

function without(at: Placed): Place {
  return { at, file: null };
}
