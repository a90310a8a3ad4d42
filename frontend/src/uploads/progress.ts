/** The progress of this browser's uploads, for the cards of their videos. */
import type { UploadProgress, UploadProgressSource } from "@/library/uploadProgress";

import type { UploadRow } from "./engine/local";
import type { StateName } from "./engine/machine";
import type { Uploads } from "./uploads";

const STATES: Record<StateName, UploadProgress["state"]> = {
  queued: "waiting",
  creating: "waiting",
  checking: "waiting",
  offline: "waiting",
  sending: "sending",
  completing: "sending",
  paused: "paused",
  elsewhere: "sending",
  "needs-file": "stopped",
  "needs-permission": "stopped",
  failed: "stopped",
  done: "sending",
  cancelled: "stopped",
};

export function progressSource(manager: Uploads | null): UploadProgressSource {
  // React compares what it is given by identity.
  const made = new WeakMap<UploadRow, UploadProgress>();
  const of = (videoId: string): UploadProgress | null => {
    const row = manager?.getSnapshot().find((each) => each.videoId === videoId);
    if (row === undefined || row.state === "done") return null;
    let progress = made.get(row);
    if (progress === undefined) {
      const name = row.state === "elsewhere" ? (row.there ?? row.state) : row.state;
      progress = { sent: row.sent, total: row.size, state: STATES[name] };
      made.set(row, progress);
    }
    return progress;
  };
  return { subscribe: manager?.subscribe ?? (() => () => undefined), of };
}
