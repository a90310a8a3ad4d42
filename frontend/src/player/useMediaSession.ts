import { useEffect, useEffectEvent } from "react";

interface Parts {
  title: string;
  poster: string | null;
  /** Only what has been played takes the keyboard's media keys and the lock screen. */
  started: boolean;
  play: (on: boolean) => void;
  seekBy: (seconds: number) => void;
  seekTo: (seconds: number) => void;
}

const STEP_S = 10;

/** Tells the system what is playing, and does what its media keys ask. */
export function useMediaSession({ title, poster, started, play, seekBy, seekTo }: Parts): void {
  const act = useEffectEvent((details: MediaSessionActionDetails) => {
    const step = details.seekOffset ?? STEP_S;
    switch (details.action) {
      case "seekbackward":
        seekBy(-step);
        break;
      case "seekforward":
        seekBy(step);
        break;
      case "seekto":
        if (details.seekTime !== undefined) seekTo(details.seekTime);
        break;
      default:
        play(details.action === "play");
    }
  });
  useEffect(() => {
    if (!started || !("mediaSession" in navigator)) return;
    const { mediaSession } = navigator;
    mediaSession.metadata = new MediaMetadata({
      title,
      artwork: poster === null ? [] : [{ src: poster, type: "image/jpeg" }],
    });
    return () => {
      mediaSession.metadata = null;
    };
  }, [title, poster, started]);
  useEffect(() => {
    if (!started || !("mediaSession" in navigator)) return;
    const actions = ["play", "pause", "seekbackward", "seekforward", "seekto"] as const;
    const handle = (handler: MediaSessionActionHandler | null) => {
      for (const action of actions) {
        try {
          navigator.mediaSession.setActionHandler(action, handler);
        } catch {
          // An action that this browser does not know.
        }
      }
    };
    handle((details) => {
      act(details);
    });
    return () => {
      handle(null);
    };
  }, [started]);
}
