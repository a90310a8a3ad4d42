/** How an upload stands at the server, whatever this page believes. */

import { UploadError } from "./errors";
import { persist, type Patience } from "./persist";
import type { HeldPart, RemoteUpload, UploadApi } from "./ports";
import { inTime } from "./wait";

const CALL_MS = 60_000;

export type Standing =
  | {
      readonly name: "open";
      readonly upload: RemoteUpload & { readonly parts: readonly HeldPart[] };
    }
  | { readonly name: "completed" }
  /** Expired, deleted or somebody else's; `aborted`: it was dropped, or the store has lost it. */
  | { readonly name: "gone"; readonly aborted: boolean };

/** @throws UploadError when the server cannot be asked, or the signal's reason */
export async function standingOf(
  id: string,
  api: Pick<UploadApi<unknown>, "get">,
  patience: Patience,
  signal: AbortSignal,
): Promise<Standing> {
  const ask = () => inTime(CALL_MS, signal, (either) => api.get(id, either));
  try {
    const upload = await persist(ask, patience, signal);
    if (upload.state === "open") return { name: "open", upload };
    if (upload.state === "completed") return { name: "completed" };
    return { name: "gone", aborted: upload.state === "aborted" };
  } catch (thrown) {
    signal.throwIfAborted();
    if (UploadError.from(thrown).code === "not_found") return { name: "gone", aborted: false };
    throw thrown;
  }
}

/** Has the server drop an upload; null when it could not be told. Never fails. */
export async function dropUpload(
  id: string,
  api: Pick<UploadApi<unknown>, "get" | "abort">,
  patience: Patience,
  signal: AbortSignal,
): Promise<"gone" | "completed" | null> {
  const abort = () => inTime(CALL_MS, signal, (either) => api.abort(id, either));
  try {
    await persist(abort, patience, signal);
    return "gone";
  } catch {
    // It may be over already, in one way or the other.
    const standing = await standingOf(id, api, patience, signal).catch(() => null);
    return standing === null || standing.name === "open" ? null : standing.name;
  }
}
