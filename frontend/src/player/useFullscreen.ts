import { type RefObject, useEffect, useState } from "react";

/** Some phones show no other element on the whole screen than a video, with their own controls. */
interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export interface Fullscreen {
  active: boolean;
  supported: boolean;
  toggle: () => void;
}

export function useFullscreen(
  playerRef: RefObject<HTMLElement | null>,
  videoRef: RefObject<HTMLVideoElement | null>,
): Fullscreen {
  const [active, setActive] = useState(false);
  useEffect(() => {
    const changed = () => {
      setActive(playerRef.current !== null && document.fullscreenElement === playerRef.current);
    };
    document.addEventListener("fullscreenchange", changed);
    return () => {
      document.removeEventListener("fullscreenchange", changed);
    };
  }, [playerRef]);
  return {
    active,
    supported: document.fullscreenEnabled || "webkitEnterFullscreen" in HTMLVideoElement.prototype,
    toggle: () => {
      if (document.fullscreenElement !== null) void document.exitFullscreen();
      else if (document.fullscreenEnabled)
        playerRef.current?.requestFullscreen().catch(() => undefined);
      else {
        const phone: PhoneVideo | null = videoRef.current;
        phone?.webkitEnterFullscreen?.();
      }
    },
  };
}
