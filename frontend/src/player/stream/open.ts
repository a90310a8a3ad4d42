/** Finds what can play a stream in this browser. */
import { loadPart } from "@/app/lazyPart";

import { playAsBrowser, playsByItself } from "./ownStream";
import type { Stream, StreamParts } from "./stream";

export type Open = (video: HTMLVideoElement, parts: StreamParts) => Stream;

const loadHls = () => import("./hlsStream");

/** Load ahead what will be wanted; what fails is loaded again when it is. */
export function prepare(): void {
  if ("MediaSource" in window) loadHls().catch(() => undefined);
}

/**
 * Load what is needed to play a stream; null where it cannot be played.
 *
 * Half a megabyte comes here, in a chunk of its own: only who watches needs it.
 */
export async function findPlayer(): Promise<Open | null> {
  // Where a browser could do both, scripts go first: they can offer a choice of qualities.
  if ("MediaSource" in window) {
    const found = await loadPart(loadHls).catch(() => null);
    if (found?.feeds() === true) return found.playByHls;
  }
  return playsByItself() ? playAsBrowser : null;
}
