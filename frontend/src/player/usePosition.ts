import { type RefObject, useEffect, useMemo, useRef } from "react";

/** Where a video is and whether it plays, across changes of what it plays. */
export interface Position {
  /** Where the next source has to begin, in seconds. */
  start: () => number;
  /** Keep where the element is: its source is about to be taken away. */
  leave: (element: HTMLVideoElement) => void;
  /** Play on, if it played. */
  resume: (element: HTMLVideoElement) => void;
}

/**
 * @param start seconds.
 * @param plays whether it plays from the beginning on.
 */
export function usePosition(
  videoRef: RefObject<HTMLVideoElement | null>,
  start: number,
  plays: boolean,
): Position {
  const time = useRef(start);
  const wish = usePlayingWish(videoRef, plays);
  return useMemo(
    () => ({
      start: () => time.current,
      leave: (element) => {
        // What was taken away before it was known stands at 0.
        if (element.currentTime > 0) time.current = element.currentTime;
      },
      resume: (element) => {
        // Refused where the browser wants a click first: then it is there, at rest.
        if (wish.current) void element.play().catch(() => undefined);
      },
    }),
    [wish],
  );
}

/** Whether it plays or would, could it go on: some browsers pause what has failed. */
function usePlayingWish(
  videoRef: RefObject<HTMLVideoElement | null>,
  plays: boolean,
): RefObject<boolean> {
  const wish = useRef(plays);
  useEffect(() => {
    const element = videoRef.current;
    if (element === null) return;
    const changed = ({ type }: Event) => {
      if (type === "play") wish.current = true;
      else if (element.error === null) wish.current = false;
    };
    const events = ["play", "pause", "ended"] as const;
    for (const event of events) element.addEventListener(event, changed);
    return () => {
      for (const event of events) element.removeEventListener(event, changed);
    };
  }, [videoRef]);
  return wish;
}
