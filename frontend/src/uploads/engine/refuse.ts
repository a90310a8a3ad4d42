/** Which files are not even tried. The server decides too; this only spares the wait. Pure. */

import type { Refusal } from "./codes";

export interface Limits {
  /** With or without the dot, in any case. */
  readonly extensions: readonly string[];
  readonly maxBytes: number;
}

/** Why a file is not taken; null when it is. Without limits only an empty file is refused. */
export function refusalOf(
  file: { readonly name: string; readonly size: number },
  limits: Limits | null,
): Refusal | null {
  // The kind first: that a text file is empty is not what is wrong with it.
  if (limits !== null && !limits.extensions.map(bare).includes(extensionOf(file.name))) {
    return "unsupported_extension";
  }
  if (file.size === 0) return "empty_file";
  return limits !== null && file.size > limits.maxBytes ? "file_too_large" : null;
}

/** Extension in small letters without the dot, as the server reads it: `.mp4` alone has none. */
function extensionOf(name: string): string {
  const base = name.replaceAll("\\", "/").split("/").at(-1) ?? "";
  const dot = base.lastIndexOf(".");
  return dot <= 0 ? "" : base.slice(dot + 1).toLowerCase();
}

function bare(extension: string): string {
  return extension.replace(/^\./, "").toLowerCase();
}
