/** What a card says of a video that is not ready. Pure. */
import type { Failure, Queue, Stage, Video } from "@/api/types";
import { bytes, percent, roughly } from "@/app/format";
import { texts } from "@/app/texts";

import type { UploadProgress } from "./uploadProgress";

export interface WorkWords {
  /** What is being done. */
  doing: string;
  /** How far it is and how long it takes, as far as that is known. */
  far: string;
  /** 0 to 100, or null when it is not known and no bar can tell. */
  value: number | null;
  /** Why it waits, if that is known. */
  why: string | null;
}

const STAGES: Record<Stage, string> = {
  fetching: texts.library.fetching,
  inspecting: texts.library.inspecting,
  encoding: texts.library.encoding,
  publishing: texts.library.publishing,
};

/** What is being done to a video; null when nothing is. */
export function workWords(
  video: Pick<Video, "state" | "stage" | "progress" | "eta_seconds" | "queue">,
  upload: UploadProgress | null,
): WorkWords | null {
  switch (video.state) {
    case "uploading":
      return uploadWords(upload);
    case "queued":
      return { doing: texts.library.queued, far: "", value: 0, why: queueWords(video.queue) };
    case "processing": {
      const left =
        video.eta_seconds === null ? [] : [texts.library.left(roughly(video.eta_seconds))];
      return {
        doing: video.stage === null ? texts.library.working : STAGES[video.stage],
        far: [percent(video.progress), ...left].join(" · "),
        value: video.progress,
        why: null,
      };
    }
    default:
      return null;
  }
}

function uploadWords(upload: UploadProgress | null): WorkWords {
  // Sent by another browser, or never sent to its end: there is no telling.
  if (upload === null)
    return { doing: texts.library.uploadUnknown, far: "", value: null, why: null };
  const { sent, total, state } = upload;
  return {
    doing: texts.library.upload[state],
    far: texts.library.of(bytes(sent), bytes(total)),
    value: total > 0 ? Math.min(100, (100 * sent) / total) : 0,
    why: null,
  };
}

/** Why a video waits; what the API says itself of a reason that we do not know. */
export function queueWords(queue: Queue | null): string | null {
  if (queue?.reason == null) return null;
  const known: Record<string, string> = texts.library.waits;
  return known[queue.reason] ?? queue.message;
}

/** What happened, in few words; what the API says itself when we know no better. */
export function failureWords(failure: Failure | null): string {
  if (failure === null) return texts.states.failed;
  return knownFailure(failure)?.what ?? failure.message;
}

/** Whether the API, which knows the file, says itself what would help: two pieces of advice may differ. */
export function saysWhatToDo({ message, retryable }: Failure): boolean {
  return !retryable && /\b(upload|copy)\b/i.test(message);
}

/** What happened and what to do, for a failure whose code we know. */
export function knownFailure({ code, retryable }: Failure) {
  return code === "storage_error" && !retryable ? texts.sourceGone : texts.failures[code];
}
