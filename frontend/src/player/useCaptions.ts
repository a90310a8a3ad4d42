import { type RefObject, useEffect, useEffectEvent, useState } from "react";

import { keepPreferences, readPreferences } from "./preferences";

/** Captions that can be shown. */
export interface Caption {
  id: string;
  /** BCP 47; empty where it is not known. */
  language: string;
  label: string;
  /** Whether they are shown unless somebody chooses. */
  isDefault: boolean;
}

/** The captions of a video. */
export interface CaptionSource {
  captions: readonly Caption[];
  /** Changes when any of them may have changed. */
  version: number;
  /** Reads one, as WebVTT. */
  load: (id: string) => Promise<string>;
}

export interface Captions {
  options: readonly Caption[];
  /** The one that is shown, or will be as soon as it is read; null: none. */
  shown: string | null;
  show: (id: string | null) => void;
  toggle: () => void;
}

/** What was kept by who has turned captions off. */
const OFF = "";
const NONE: readonly Caption[] = [];

/**
 * Which captions are shown, if there are any.
 *
 * They are read by script, and given to the element as a file of this page. So it needs no leave of
 * the store to show them, and goes on with them when its own address has run out.
 */
export function useCaptions(
  videoRef: RefObject<HTMLVideoElement | null>,
  source: CaptionSource | null,
): Captions {
  const options = source?.captions ?? NONE;
  const [chosen, setChosen] = useState<string | null>(null);
  const [wanted, setWanted] = useState(() => readPreferences().captions);
  const shown = shownOf(options, chosen, wanted);

  const load = useEffectEvent((id: string) =>
    source === null ? Promise.reject(new Error("It has no captions.")) : source.load(id),
  );
  const version = source?.version ?? 0;
  const label = shown?.label ?? "";
  const language = shown?.language ?? "";
  const id = shown?.id ?? null;
  useEffect(() => {
    const video = videoRef.current;
    if (video === null || id === null) return;
    let track: HTMLTrackElement | null = null;
    let isOver = false;
    load(id).then(
      (text) => {
        if (!isOver) track = attach(video, text, label, language);
      },
      () => {
        // Nobody misses the film for them; choosing them again tries again.
        if (!isOver) setChosen(OFF);
      },
    );
    return () => {
      isOver = true;
      if (track !== null) detach(track);
    };
  }, [videoRef, id, label, language, version]);

  const show = (next: string | null) => {
    setChosen(next ?? OFF);
    const kept = options.find((each) => each.id === next)?.language ?? OFF;
    setWanted(kept);
    keepPreferences({ captions: kept });
  };
  return {
    options,
    shown: id,
    show,
    toggle: () => {
      const next = options.find((each) => each.isDefault) ?? options[0];
      if (next !== undefined) show(id === null ? next.id : null);
    },
  };
}

/** Return the captions to show: those that were chosen here, or last, or that the video has on. */
function shownOf(
  options: readonly Caption[],
  chosen: string | null,
  wanted: string | null,
): Caption | undefined {
  if (chosen !== null) return options.find(({ id }) => id === chosen);
  if (wanted !== null && wanted !== OFF) {
    const own = options.filter(({ language }) => language === wanted);
    return own.find(({ isDefault }) => isDefault) ?? own[0];
  }
  return wanted === OFF ? undefined : options.find(({ isDefault }) => isDefault);
}

function attach(
  video: HTMLVideoElement,
  text: string,
  label: string,
  language: string,
): HTMLTrackElement {
  const track = document.createElement("track");
  track.kind = "captions";
  track.label = label;
  track.srclang = language;
  track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
  // A browser that plays a stream by itself may show what that has, too.
  for (const other of video.textTracks) other.mode = "disabled";
  video.append(track);
  track.track.mode = "showing";
  return track;
}

function detach(track: HTMLTrackElement): void {
  URL.revokeObjectURL(track.src);
  track.remove();
}
