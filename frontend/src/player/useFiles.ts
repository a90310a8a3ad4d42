import {
  type RefObject,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from "react";

import type { Rendition } from "@/api/types";
import { bitRate } from "@/app/format";

import { attach, release } from "./attach";
import { keepPreferences, readPreferences } from "./preferences";
import type { Sourcing } from "./sourcing";
import { choose, sameFile, side, type Source, sourcesOf, type Viewport } from "./sources";
import type { Position } from "./usePosition";
import { savesData } from "./wishes";

/** A second failure so soon after a fresh start is not that of an address that has run out. */
const CALM_MS = 10_000;
/** How much of the window's height the player takes. */
const HEIGHT = 0.72;

interface Parts {
  videoRef: RefObject<HTMLVideoElement | null>;
  /** Those to play: none while something else is played. */
  renditions: readonly Rendition[];
  position: Position;
  /** Asks for the renditions with fresh addresses. */
  onExpired: () => Promise<readonly Rendition[]>;
}

/** Plays a file, the one that was chosen. After a change it goes on at the same position. */
export function useFiles({ videoRef, renditions, position, onExpired }: Parts): Sourcing {
  const sources = useMemo(() => sourcesOf(renditions), [renditions]);
  const [name, setName] = useState(() => first(sources)?.name);
  // There may be none before the stream has been given up.
  if (name === undefined && sources.length > 0) setName(first(sources)?.name);
  const current = sources.find((source) => source.name === name) ?? sources[0];
  const [failure, setFailure] = useState<unknown>(null);
  const [renewing, setRenewing] = useState(false);
  /** Rises when the same file has to be attached again. */
  const [round, setRound] = useState(0);
  const fresh = useRef(sources);
  const renewedAt = useRef(-Infinity);

  useEffect(() => {
    fresh.current = sources;
  }, [sources]);

  const renew = useCallback(async () => {
    renewedAt.current = performance.now();
    setRenewing(true);
    try {
      fresh.current = sourcesOf(await onExpired());
      setRound((before) => before + 1);
    } catch (error) {
      setFailure(error);
    } finally {
      setRenewing(false);
    }
  }, [onExpired]);

  const failed = useEffectEvent(() => {
    if (performance.now() - renewedAt.current > CALM_MS) void renew();
    else setFailure(new Error("The video cannot be played."));
  });

  // What has a new address only goes on with the old one.
  const file = useSteady(current);
  const open = useEffectEvent((element: HTMLVideoElement, source: Source) => {
    const signed = fresh.current.find((each) => each.name === source.name) ?? source;
    const detach = attach(element, signed.url, () => {
      failed();
    });
    // Before anything is known of the file, this says where it begins.
    const start = position.start();
    if (start > 0) element.currentTime = start;
    position.resume(element);
    return detach;
  });
  useEffect(() => {
    const element = videoRef.current;
    if (element === null || file === undefined) return;
    const detach = open(element, file);
    return () => {
      detach();
      position.leave(element);
    };
  }, [videoRef, file, round, position]);
  useEffect(() => {
    const element = videoRef.current;
    return () => {
      if (element !== null) release(element);
    };
  }, [videoRef]);

  return {
    qualities: sources.map(({ name: value, bitrate }) => ({
      value,
      label: value,
      ...(bitrate > 0 ? { hint: bitRate(bitrate) } : {}),
    })),
    quality: current?.name ?? "",
    face: current?.name ?? "",
    chooseQuality: (wanted) => {
      const source = sources.find((each) => each.name === wanted);
      if (source === undefined) return;
      setName(wanted);
      keepPreferences({ quality: side(source) });
    },
    sounds: [],
    sound: "",
    chooseSound: () => undefined,
    edge: null,
    renewing,
    failure,
    retry: () => {
      setFailure(null);
      void renew();
    },
  };
}

/** The same object for as long as it is the same file. */
function useSteady(source: Source | undefined): Source | undefined {
  const [steady, setSteady] = useState(source);
  const same = source?.name === steady?.name && sameFile(source?.url ?? null, steady?.url ?? null);
  if (!same) setSteady(source);
  return same ? steady : source;
}

function first(sources: readonly Source[]): Source | undefined {
  const { quality } = readPreferences();
  return choose(sources, viewport(), { quality, saveData: savesData() });
}

function viewport(): Viewport {
  return {
    width: window.innerWidth,
    height: window.innerHeight * HEIGHT,
    ratio: window.devicePixelRatio,
  };
}
