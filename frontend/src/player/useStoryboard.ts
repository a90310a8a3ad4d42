import { useCallback, useEffect, useRef, useState } from "react";

import { type Tile, tileAt, tilesOf } from "./storyboard";

/** Asks for the address of a storyboard; null where there is none. */
export type AskStoryboard = () => Promise<string | null>;

export interface Storyboard {
  /** Somebody may want to see it: it is loaded, unless it is there. */
  want: () => void;
  /** The picture of a time in seconds; null where there is none, or not yet. */
  at: (seconds: number) => Tile | null;
  /** A picture could not be loaded: all of it is asked for anew when it is wanted again. */
  drop: () => void;
}

const NOTHING: readonly Tile[] = [];

/** Small pictures of a film, loaded when somebody looks for a place in it. */
export function useStoryboard(ask: AskStoryboard | null): Storyboard {
  const [tiles, setTiles] = useState(NOTHING);
  // Which question was asked: its answer counts while no other one was.
  const asked = useRef<AskStoryboard>(null);
  const drop = useCallback(() => {
    asked.current = null;
    setTiles(NOTHING);
  }, []);
  useEffect(() => drop, [ask, drop]);
  const want = useCallback(() => {
    if (ask === null || asked.current === ask) return;
    asked.current = ask;
    load(ask).then(
      (found) => {
        if (asked.current === ask) setTiles(found);
      },
      () => {
        // It is no more than a help: the next time it may be there.
        if (asked.current === ask) asked.current = null;
      },
    );
  }, [ask]);
  const at = useCallback((seconds: number) => tileAt(tiles, seconds), [tiles]);
  return { want, at, drop };
}

async function load(ask: AskStoryboard): Promise<readonly Tile[]> {
  const address = await ask();
  if (address === null) return NOTHING;
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`The storyboard was answered with ${answer.status}.`);
  return tilesOf(await answer.text(), address);
}
