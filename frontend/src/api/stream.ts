/**
 * The one stream of changes of a page: fetch-based, so that the token travels in a header.
 *
 * It reconnects by itself with growing pauses, at once when the network comes back, and it notices
 * a connection that has gone silent by the missing keep-alives.
 */
import { isApiError, problemOf } from "./problem";
import type { Session } from "./session";
import { EventParser } from "./sse";
import type { Video } from "./types";

export type Change =
  | { kind: "video"; video: Video }
  | { kind: "deleted"; id: string }
  /** What changed meanwhile may have been missed: the stream has started again, or is refused. */
  | { kind: "reconnected" };

export type StreamState = "connecting" | "live" | "lost";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Three keep-alives. */
const SILENCE_MS = 45_000;

export interface StreamParts {
  url: string;
  session: Session;
  fetch: typeof fetch;
  /** Resolves after so many milliseconds, or earlier when the network comes back. */
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Follow the user's videos until `signal` is aborted or the session has ended. */
export async function follow(
  parts: StreamParts,
  signal: AbortSignal,
  onChange: (change: Change) => void,
  onState: (state: StreamState) => void,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  let refused: string | null = null;
  for (let times = 0; !signal.aborted;) {
    onState(times === 0 ? "connecting" : "lost");
    try {
      const token = await parts.session.token(refused);
      refused = null;
      await read(parts, token, signal, {
        opened: () => {
          if (times++ > 0) onChange({ kind: "reconnected" });
          onState("live");
          pause = FIRST_PAUSE_MS;
        },
        changed: onChange,
        refused: () => (refused = token),
      });
    } catch (error) {
      if (isApiError(error) && error.status === 401) return;
      // Too many pages are open: this one asks now and then instead of being told.
      if (isApiError(error) && error.status === 429) onChange({ kind: "reconnected" });
    }
    if (aborted(signal)) return;
    onState("lost");
    await parts.pause(pause * (0.5 + Math.random() / 2), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

// Asked through a function: the type checker would take the earlier answer for the present one.
function aborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

interface Reading {
  opened: () => void;
  changed: (change: Change) => void;
  refused: () => void;
}

async function read(
  parts: StreamParts,
  token: string,
  signal: AbortSignal,
  on: Reading,
): Promise<void> {
  const quiet = new AbortController();
  let watch = setTimeout(() => {
    quiet.abort();
  }, SILENCE_MS);
  try {
    const response = await parts.fetch(parts.url, {
      headers: { Authorization: `Bearer ${token}`, Accept: "text/event-stream" },
      signal: AbortSignal.any([signal, quiet.signal]),
      cache: "no-store",
    });
    if (!response.ok || response.body === null) {
      const problem = problemOf(response, await response.json().catch(() => null));
      if (problem.code === "session_revoked") parts.session.ended(token);
      else if (problem.status === 401) {
        on.refused();
        return;
      }
      throw problem;
    }
    on.opened();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => {
        quiet.abort();
      }, SILENCE_MS);
      for (const event of parser.push(value)) {
        if (event.event === "video")
          on.changed({ kind: "video", video: JSON.parse(event.data) as Video });
        else if (event.event === "deleted")
          on.changed({ kind: "deleted", id: (JSON.parse(event.data) as { id: string }).id });
      }
    }
  } finally {
    clearTimeout(watch);
  }
}

/** Wait, but no longer than until the browser says that the network is back. */
export function pauseOrOnline(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
