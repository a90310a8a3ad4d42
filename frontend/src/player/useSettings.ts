import { type RefObject, useEffect } from "react";

import { keepPreferences, readPreferences } from "./preferences";

/** Gives a video element the volume and speed that were set last, and keeps what is set. */
export function useSettings(videoRef: RefObject<HTMLVideoElement | null>): void {
  useEffect(() => {
    const element = videoRef.current;
    if (element === null) return;
    const { volume, muted, rate } = readPreferences();
    element.volume = volume;
    element.muted = muted;
    element.defaultPlaybackRate = rate;
    element.playbackRate = rate;
    const volumeChanged = () => {
      keepPreferences({ volume: element.volume, muted: element.muted });
    };
    const rateChanged = () => {
      // Not what a change of file does to it in passing.
      keepPreferences({ rate: element.defaultPlaybackRate });
    };
    element.addEventListener("volumechange", volumeChanged);
    element.addEventListener("ratechange", rateChanged);
    return () => {
      element.removeEventListener("volumechange", volumeChanged);
      element.removeEventListener("ratechange", rateChanged);
    };
  }, [videoRef]);
}
