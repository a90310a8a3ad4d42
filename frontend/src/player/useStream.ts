import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";

import { texts } from "@/app/texts";

import { keepPreferences, readPreferences } from "./preferences";
import type { Sourcing } from "./sourcing";
import { AUTO, nameOf, pictureFor, qualityOptions, sideOf, soundOptions } from "./stream/choices";
import type { Open } from "./stream/open";
import { type StreamAddress, UNOPENED, Watch } from "./stream/watch";
import type { Position } from "./usePosition";
import { savesData } from "./wishes";

/** A video that streams. */
export interface Streaming {
  /** The ids of its tracks: more may join, and all change when it was encoded again. */
  tracks: readonly string[];
  /** Whether none of them grows any more. */
  isComplete: boolean;
  /** Asks for an address. */
  ask: () => Promise<StreamAddress>;
}

interface Parts {
  videoRef: RefObject<HTMLVideoElement | null>;
  /** Null where there is none. */
  streaming: Streaming | null;
  position: Position;
  /** Whether there is something else to play when this fails for good. */
  hasFiles: boolean;
  /** Finds what plays it here. */
  find: () => Promise<Open | null>;
}

/** Plays a stream. Null where there is none, or where it has been given up for files. */
export function useStream({ videoRef, streaming, position, ...more }: Parts): Sourcing | null {
  const [state, setState] = useState(UNOPENED);
  const [quality, setQuality] = useState(() => readPreferences().quality);
  const watch = useRef<Watch>(null);
  const isOn = streaming !== null && (state.lost === null || !more.hasFiles);

  const ask = useEffectEvent(() =>
    streaming === null ? Promise.reject(new Error("It is no stream.")) : streaming.ask(),
  );
  const begin = useEffectEvent((video: HTMLVideoElement) => {
    const begun = new Watch({
      video,
      ask: () => ask(),
      find: more.find,
      wishes: () => ({ ...readPreferences(), saveData: savesData() }),
      start: position.start(),
      resume: () => {
        position.resume(video);
      },
      changed: setState,
    });
    void begun.open(streaming?.tracks ?? [], streaming?.isComplete ?? false);
    return begun;
  });
  useEffect(() => {
    const element = videoRef.current;
    if (element === null || !isOn) return;
    const begun = begin(element);
    watch.current = begun;
    const play = () => {
      begun.play();
    };
    element.addEventListener("play", play);
    return () => {
      element.removeEventListener("play", play);
      position.leave(element);
      begun.end();
      watch.current = null;
    };
  }, [videoRef, isOn, position]);

  const tracks = streaming?.tracks.join(" ") ?? "";
  const isComplete = streaming?.isComplete ?? false;
  useEffect(() => {
    if (tracks !== "") watch.current?.see(tracks.split(" "), isComplete);
  }, [tracks, isComplete]);

  if (!isOn) return null;
  const { pictures, shown, sounds, sound, edge } = state.stream;
  const chosen = pictures[pictureFor(pictures, quality)];
  const seen = chosen ?? shown;
  return {
    qualities: pictures.length === 0 ? [] : qualityOptions(pictures),
    quality: chosen === undefined ? AUTO : nameOf(chosen),
    face: seen === null ? texts.player.auto : nameOf(seen),
    chooseQuality: (value) => {
      const picture = pictures.find((each) => nameOf(each) === value);
      const side = picture === undefined ? null : sideOf(picture);
      setQuality(side);
      keepPreferences({ quality: side });
      watch.current?.chooseQuality(side);
    },
    sounds: soundOptions(sounds),
    sound: String(sound),
    chooseSound: (value) => {
      const index = Number(value);
      keepPreferences({ sound: sounds[index]?.language ?? null });
      watch.current?.chooseSound(index);
    },
    edge,
    renewing: state.renewing,
    failure: state.failure ?? state.lost,
    retry: () => void watch.current?.retry(),
  };
}
