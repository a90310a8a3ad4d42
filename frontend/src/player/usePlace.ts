import { type RefObject, useEffect, useEffectEvent } from "react";

import { keepPlace } from "./places";

/** Seconds of the video between two notes of where somebody is. */
const EVERY_S = 5;

/**
 * Keeps where somebody is in a video; at its end that is forgotten.
 *
 * @param length seconds of the whole.
 */
export function usePlace(
  videoRef: RefObject<HTMLVideoElement | null>,
  id: string,
  length: number,
): void {
  const keep = useEffectEvent((seconds: number) => {
    keepPlace(id, seconds, length);
  });
  useEffect(() => {
    const element = videoRef.current;
    if (element === null) return;
    let last = element.currentTime;
    // Only where it was played to: opening a page is not watching.
    let begun = false;
    const note = () => {
      // A file that has just been changed stands at 0 until it is known.
      if (!begun || element.readyState === HTMLMediaElement.HAVE_NOTHING) return;
      last = element.currentTime;
      keep(last);
    };
    const moved = () => {
      begun ||= !element.paused;
      if (Math.abs(element.currentTime - last) >= EVERY_S) note();
    };
    const ended = () => {
      begun = false;
      keep(0);
    };
    element.addEventListener("timeupdate", moved);
    element.addEventListener("pause", note);
    element.addEventListener("ended", ended);
    window.addEventListener("pagehide", note);
    return () => {
      note();
      element.removeEventListener("timeupdate", moved);
      element.removeEventListener("pause", note);
      element.removeEventListener("ended", ended);
      window.removeEventListener("pagehide", note);
    };
  }, [videoRef]);
}
