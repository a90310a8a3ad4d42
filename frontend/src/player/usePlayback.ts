import { type RefObject, useCallback, useEffect, useState } from "react";

import { loaded, type Range } from "./clock";

/** How a video element stands. Times in seconds, the volume from 0 to 1. */
export interface Playback {
  paused: boolean;
  ended: boolean;
  /** It should play but has nothing to show yet. */
  waiting: boolean;
  time: number;
  /** Null until it is known. */
  duration: number | null;
  loaded: readonly Range[];
  volume: number;
  muted: boolean;
  rate: number;
}

const EVENTS = [
  "play", "playing", "pause", "ended", "waiting", "canplay", "seeking", "seeked", "timeupdate",
  "progress", "loadedmetadata", "durationchange", "volumechange", "ratechange", "emptied", "error",
] as const; // prettier-ignore

const BEFORE: Playback = {
  paused: true,
  ended: false,
  waiting: false,
  time: 0,
  duration: null,
  loaded: [],
  volume: 1,
  muted: false,
  rate: 1,
};

function read(video: HTMLVideoElement): Playback {
  const { paused, ended, error, readyState, currentTime, duration, volume, muted } = video;
  return {
    paused,
    ended,
    // Some browsers do not say of what has failed that there is nothing any more.
    waiting:
      !paused && !ended && (error !== null || readyState < HTMLMediaElement.HAVE_FUTURE_DATA),
    time: currentTime,
    duration: Number.isFinite(duration) ? duration : null,
    loaded: loaded(video.buffered),
    volume,
    muted,
    rate: video.playbackRate,
  };
}

/** Follows a video element; `refresh` reads it at once, for what its events tell too late. */
export function usePlayback(videoRef: RefObject<HTMLVideoElement | null>): {
  playback: Playback;
  refresh: () => void;
} {
  const [playback, setPlayback] = useState(BEFORE);
  const refresh = useCallback(() => {
    if (videoRef.current !== null) setPlayback(read(videoRef.current));
  }, [videoRef]);
  useEffect(() => {
    const element = videoRef.current;
    if (element === null) return;
    for (const event of EVENTS) element.addEventListener(event, refresh);
    return () => {
      for (const event of EVENTS) element.removeEventListener(event, refresh);
    };
  }, [videoRef, refresh]);
  return { playback, refresh };
}
