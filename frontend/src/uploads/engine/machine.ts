/** The life of one upload: which states there are and what leads from one to the other. Pure. */

import type { FileReason } from "./codes";

/** Something is being done, and it takes one of the few places for that. */
export type Phase = "creating" | "checking" | "sending" | "completing";

export interface Failure {
  readonly code: string;
  /** For a ticket; what a person reads is looked up by the code. */
  readonly message: string;
  readonly retryable: boolean;
}

/** Where an upload can stand that nothing is being done for. */
export type Placed =
  | { readonly name: "queued" | "paused" | "needs-permission" }
  | { readonly name: "needs-file"; readonly reason: FileReason | null }
  /** Another tab does it; `there` is its state in that tab, once that is known. */
  | { readonly name: "elsewhere"; readonly there: StateName | null };

export type State =
  | Placed
  | { readonly name: Phase }
  /** Waiting for the network to go on with what it was at. */
  | { readonly name: "offline"; readonly during: Phase }
  | { readonly name: "done" | "cancelled" }
  | { readonly name: "failed"; readonly failure: Failure };

export type StateName =
  | Phase
  | "queued"
  | "paused"
  | "needs-permission"
  | "needs-file"
  | "elsewhere"
  | "offline"
  | "done"
  | "cancelled"
  | "failed";

export type UploadEvent =
  /** Its turn has come; `known`: the server has been told of it before. */
  | { readonly type: "start"; readonly known: boolean }
  | { readonly type: "created" | "checked" | "sent" }
  /** The server misses parts that we took for sent. */
  | { readonly type: "lacking" }
  /** The server has nothing of it any more: it starts again. */
  | { readonly type: "again" }
  | { readonly type: "completed" }
  | { readonly type: "network-lost" | "network-back" }
  | { readonly type: "pause" | "resume" | "cancel" | "retry" }
  | { readonly type: "placed"; readonly at: Placed }
  | { readonly type: "file-lost"; readonly reason: FileReason }
  | { readonly type: "failed"; readonly failure: Failure };

/** What a person can do with an upload. */
export type Action = "pause" | "resume" | "cancel" | "retry" | "choose" | "grant" | "dismiss";

const PHASES: ReadonlySet<StateName> = new Set<Phase>([
  "creating",
  "checking",
  "sending",
  "completing",
]);

/** The state after an event; the same object when the event means nothing to it. */
export function next(state: State, event: UploadEvent): State {
  const phase = phaseOf(state);
  switch (event.type) {
    case "start":
      return state.name === "queued" ? { name: event.known ? "checking" : "creating" } : state;
    case "created":
      return phase === "creating" ? { name: "sending" } : state;
    case "checked":
      return phase === "checking" ? { name: "sending" } : state;
    case "sent":
      return phase === "sending" ? { name: "completing" } : state;
    case "lacking":
      return phase === "completing" ? { name: "checking" } : state;
    case "again":
      return phase === null ? state : { name: "creating" };
    case "completed":
      // Also after a cancel that came too late: the video is in the library, so say so.
      return state.name === "done" ? state : { name: "done" };
    case "network-lost":
      return phase === null || state.name === "offline"
        ? state
        : { name: "offline", during: phase };
    case "network-back":
      return state.name === "offline" ? { name: state.during } : state;
    case "pause":
      return state.name === "queued" || (phase !== null && phase !== "completing")
        ? { name: "paused" }
        : state;
    case "resume":
      return state.name === "paused" ? { name: "queued" } : state;
    case "cancel":
      return isOver(state) ? state : { name: "cancelled" };
    case "retry":
      return state.name === "failed" && state.failure.retryable ? { name: "queued" } : state;
    case "placed":
      return phase === null && !isOver(state) ? event.at : state;
    case "file-lost":
      return phase === null ? state : { name: "needs-file", reason: event.reason };
    case "failed":
      return isOver(state) ? state : { name: "failed", failure: event.failure };
  }
}

/** What is being done, or would be if there were a network; null when nothing is. */
export function phaseOf(state: State): Phase | null {
  if (state.name === "offline") return state.during;
  return isPhase(state.name) ? state.name : null;
}

/** Whether nothing can happen to it any more. A failed upload is not over: it can be tried again. */
export function isOver(state: State): boolean {
  return state.name === "done" || state.name === "cancelled";
}

/** What can be done with an upload in a state. */
export function actionsOf(state: State): readonly Action[] {
  switch (state.name) {
    case "queued":
    case "creating":
    case "checking":
    case "sending":
      return ["pause", "cancel"];
    case "offline":
      return state.during === "completing" ? ["cancel"] : ["pause", "cancel"];
    case "completing":
      return ["cancel"];
    case "paused":
      return ["resume", "cancel"];
    case "needs-permission":
      return ["grant", "choose", "cancel"];
    case "needs-file":
      return ["choose", "cancel"];
    case "elsewhere":
      return actionsThere(state.there);
    case "failed":
      return state.failure.retryable ? ["retry", "dismiss"] : ["dismiss"];
    case "done":
    case "cancelled":
      return ["dismiss"];
  }
}

/** What can be asked of the tab that does it. */
function actionsThere(there: StateName | null): readonly Action[] {
  if (there === null || there === "done" || there === "cancelled") return [];
  if (there === "paused") return ["resume", "cancel"];
  if (there === "failed") return ["retry", "dismiss"];
  return there === "completing" ? ["cancel"] : ["pause", "cancel"];
}

function isPhase(name: StateName): name is Phase {
  return PHASES.has(name);
}
