import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";

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
  /** Off, or on again: those that were shown last. */
  toggle: () => void;
}

/** What was kept by who has turned captions off. */
const OFF = "";
const NONE: readonly Caption[] = [];

/** What is shown over the picture. */
interface Shown {
  id: string;
  label: string;
  language: string;
  text: string;
  track: HTMLTrackElement;
}

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
  const held = useRef<Shown>(null);
  useEffect(() => {
    const video = videoRef.current;
    if (video === null) return;
    if (id === null) {
      drop(held);
      return;
    }
    let isOver = false;
    load(id).then(
      (text) => {
        const next = { id, label, language, text };
        if (isOver || isSame(held.current, next)) return;
        // What is shown stays until there is something else.
        drop(held);
        held.current = { ...next, track: attach(video, next) };
      },
      () => {
        // What is shown is better than nothing. Nobody misses the film for others; choosing them
        // again tries again.
        if (!isOver && held.current?.id !== id) setChosen(OFF);
      },
    );
    return () => {
      isOver = true;
    };
  }, [videoRef, id, label, language, version]);
  useEffect(
    () => () => {
      drop(held);
    },
    [],
  );

  useEffect(() => {
    const tracks = videoRef.current?.textTracks;
    if (tracks === undefined) return;
    const ended = new AbortController();
    // A browser that plays a stream by itself finds what that has some time later, and may show it.
    const silent = () => {
      silence(tracks, held.current?.track.track);
    };
    silent();
    for (const event of ["addtrack", "change"])
      tracks.addEventListener(event, silent, { signal: ended.signal });
    return () => {
      ended.abort();
    };
  }, [videoRef]);

  const last = useRef<string>(null);
  const show = (next: string | null) => {
    last.current = next ?? id;
    setChosen(next ?? OFF);
    const spoken = options.find((each) => each.id === next)?.language ?? "";
    // Captions without a language tell of no language, but that somebody wants captions.
    const other = wanted === OFF ? null : wanted;
    const kept = next === null ? OFF : spoken === "" ? other : spoken;
    setWanted(kept);
    keepPreferences({ captions: kept });
  };
  return {
    options,
    shown: id,
    show,
    toggle: () => {
      const next =
        options.find((each) => each.id === last.current) ??
        options.find((each) => each.isDefault) ??
        options[0];
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

function isSame(shown: Shown | null, next: Omit<Shown, "track">): boolean {
  return (
    shown?.id === next.id &&
    shown.label === next.label &&
    shown.language === next.language &&
    shown.text === next.text
  );
}

function attach(
  video: HTMLVideoElement,
  { text, label, language }: Omit<Shown, "track">,
): HTMLTrackElement {
  const track = document.createElement("track");
  track.kind = "captions";
  track.label = label;
  track.srclang = language;
  track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
  video.append(track);
  track.track.mode = "showing";
  return track;
}

function silence(tracks: TextTrackList, own: TextTrack | undefined): void {
  for (const each of tracks) if (each !== own && each.mode !== "disabled") each.mode = "disabled";
}

function drop(held: RefObject<Shown | null>): void {
  const track = held.current?.track;
  held.current = null;
  if (track === undefined) return;
  URL.revokeObjectURL(track.src);
  track.remove();
}
