/** By what a file is known again after a reload, without reading all of it. */

import type { FileReason } from "./codes";
import { UploadError } from "./errors";

const SAMPLE = 1024 * 1024;

/** What is remembered of a file; the fingerprint is null where none could be made. */
export interface KnownFile {
  readonly size: number;
  readonly lastModified: number;
  readonly fingerprint: string | null;
}

/**
 * SHA-256 over the size and samples from the beginning, the middle and the end.
 *
 * Null on a page without https, where browsers do not offer it.
 *
 * @throws UploadError `file_unreadable`
 */
export async function fingerprintOf(file: Blob): Promise<string | null> {
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  if (subtle === undefined) return null;
  const whole = new Blob([`${file.size}\n`, ...samplesOf(file)]);
  let bytes: ArrayBuffer;
  try {
    bytes = await whole.arrayBuffer();
  } catch {
    throw new UploadError("file_unreadable", "The file cannot be read.");
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Why a file is not the one that is remembered; null when it is. */
export async function differenceOf(known: KnownFile, file: File): Promise<FileReason | null> {
  if (file.size !== known.size) return "wrong_file_size";
  let fingerprint: string | null;
  try {
    fingerprint = known.fingerprint === null ? null : await fingerprintOf(file);
  } catch {
    return "file_unreadable";
  }
  if (fingerprint !== null) {
    // The date is no evidence: copying a file to another disk changes it.
    return fingerprint === known.fingerprint ? null : "wrong_file_content";
  }
  return file.lastModified === known.lastModified ? null : "wrong_file_date";
}

function samplesOf(file: Blob): Blob[] {
  if (file.size <= 3 * SAMPLE) return [file];
  const middle = Math.floor((file.size - SAMPLE) / 2);
  return [0, middle, file.size - SAMPLE].map((start) => file.slice(start, start + SAMPLE));
}
