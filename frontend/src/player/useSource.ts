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

import { attach, release } from "./attach";
import { keepPreferences, readPreferences } from "./preferences";
import { choose, sameFile, side, type Source, sourcesOf, type Viewport } from "./sources";

/** A second failure so soon after a fresh start is not that of an address that has run out. */
const CALM_MS = 10_000;
/** How much of the window's height the player takes. */
const HEIGHT = 0.72;

interface Parts {
  videoRef: RefObject<HTMLVideoElement | null>;
  renditions: readonly Rendition[];
  /** Asks for the renditions with fresh addresses. */
  onExpired: () => Promise<readonly Rendition[]>;
}

export interface Sourcing {
  sources: readonly Source[];
  current: Source | undefined;
  /** Fresh addresses are on their way. */
  renewing: boolean;
  /** Why it cannot go on; null while it can. */
  failure: unknown;
  select: (name: string) => void;
  retry: () => void;
}

/** Which file the player plays. After a change it goes on at the same position. */
export function useSource({ videoRef, renditions, onExpired }: Parts): Sourcing {
  const sources = useMemo(() => sourcesOf(renditions), [renditions]);
  const [name, setName] = useState(() => first(sources)?.name);
  const current = sources.find((source) => source.name === name) ?? sources[0];
  const [failure, setFailure] = useState<unknown>(null);
  const [renewing, setRenewing] = useState(false);
  /** Rises when the same file has to be attached again. */
  const [round, setRound] = useState(0);
  const fresh = useRef(sources);
  const time = useRef(0);
  const playing = usePlayingWish(videoRef);
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
    const detach = attach(element, signed, () => {
      failed();
    });
    // Before anything is known of the file, this says where it begins.
    if (time.current > 0) element.currentTime = time.current;
    if (playing.current) void element.play().catch(() => undefined);
    return detach;
  });
  useEffect(() => {
    const element = videoRef.current;
    if (element === null || file === undefined) return;
    const detach = open(element, file);
    return () => {
      detach();
      time.current = element.currentTime;
    };
  }, [videoRef, file, round]);
  useEffect(() => {
    const element = videoRef.current;
    return () => {
      if (element !== null) release(element);
    };
  }, [videoRef]);

  return {
    sources,
    current,
    renewing,
    failure,
    select: (wanted) => {
      const source = sources.find((each) => each.name === wanted);
      if (source === undefined) return;
      setName(wanted);
      keepPreferences({ quality: source.kind === "mp4" ? side(source) : null });
    },
    retry: () => {
      setFailure(null);
      void renew();
    },
  };
}

/** Whether it plays or would, could it go on: some browsers pause what has failed. */
function usePlayingWish(videoRef: RefObject<HTMLVideoElement | null>): RefObject<boolean> {
  const wish = useRef(false);
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

function savesData(): boolean {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  return connection?.saveData === true;
}
