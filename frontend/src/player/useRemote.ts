import type { RefObject } from "react";

import { within } from "./clock";

/** What can be done to a video element. Times in seconds, the volume from 0 to 1. */
export interface Remote {
  play: (on?: boolean) => void;
  seekTo: (seconds: number) => void;
  seekBy: (seconds: number) => void;
  setVolume: (volume: number) => void;
  toggleMute: () => void;
  setRate: (rate: number) => void;
}

/** What is silent by its volume becomes audible at this one. */
const AUDIBLE = 0.5;

/**
 * @param end seconds: how far one can go.
 * @param changed called after what the element's events tell too late.
 */
export function useRemote(
  videoRef: RefObject<HTMLVideoElement | null>,
  end: number,
  changed: () => void,
): Remote {
  const on = (act: (element: HTMLVideoElement) => void) => {
    if (videoRef.current === null) return;
    act(videoRef.current);
    changed();
  };
  const seek = (element: HTMLVideoElement, seconds: number) => {
    element.currentTime = within(seconds, 0, end);
  };
  return {
    play: (wanted) => {
      on((element) => {
        // Refused where the browser wants a click first, or ended by the next change of source.
        if (wanted ?? element.paused) void element.play().catch(() => undefined);
        else element.pause();
      });
    },
    seekTo: (seconds) => {
      on((element) => {
        seek(element, seconds);
      });
    },
    seekBy: (seconds) => {
      on((element) => {
        seek(element, element.currentTime + seconds);
      });
    },
    setVolume: (volume) => {
      on((element) => {
        element.volume = within(volume, 0, 1);
        element.muted = false;
      });
    },
    toggleMute: () => {
      on((element) => {
        if (!element.muted && element.volume > 0) element.muted = true;
        else {
          element.muted = false;
          if (element.volume === 0) element.volume = AUDIBLE;
        }
      });
    },
    setRate: (rate) => {
      on((element) => {
        // The default too, which is what the next file begins with.
        element.defaultPlaybackRate = rate;
        element.playbackRate = rate;
      });
    },
  };
}
