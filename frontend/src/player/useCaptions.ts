import { type RefObject, useEffect, useState } from "react";

import { keepPreferences, readPreferences } from "./preferences";

export interface Track {
  src: string;
  srclang: string;
  label: string;
}

export interface Captions {
  /** The language that is shown; null: none. */
  shown: string | null;
  show: (srclang: string | null) => void;
  toggle: () => void;
}

/** Which captions are shown, if there are any. */
export function useCaptions(
  videoRef: RefObject<HTMLVideoElement | null>,
  tracks: readonly Track[],
): Captions {
  const [wanted, setWanted] = useState(() => readPreferences().captions);
  const shown = tracks.some(({ srclang }) => srclang === wanted) ? wanted : null;
  useEffect(() => {
    if (videoRef.current !== null) showOnly(videoRef.current.textTracks, shown);
  }, [videoRef, tracks, shown]);
  const show = (srclang: string | null) => {
    setWanted(srclang);
    keepPreferences({ captions: srclang });
  };
  return {
    shown,
    show,
    toggle: () => {
      const first = tracks[0];
      if (first !== undefined) show(shown === null ? first.srclang : null);
    },
  };
}

function showOnly(tracks: TextTrackList, language: string | null): void {
  for (const track of tracks) track.mode = track.language === language ? "showing" : "disabled";
}
