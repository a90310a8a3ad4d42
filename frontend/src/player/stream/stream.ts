/** What plays a stream in a video element, whoever does the work. */
import type { Picture, Sound } from "./choices";

/** How a stream stands. */
export interface StreamState {
  /** What can be chosen; empty where the browser alone chooses. */
  pictures: readonly Picture[];
  /** Which of them is shown; null before one is. */
  shown: Picture | null;
  sounds: readonly Sound[];
  /** Which of them is heard. */
  sound: number;
  /** Up to how many seconds it can be played while the rest is made; null: to its end. */
  edge: number | null;
}

export const NOTHING: StreamState = { pictures: [], shown: null, sounds: [], sound: 0, edge: null };

/**
 * Why it cannot go on.
 *
 * - `refused`: its token has ended; it goes on with another one.
 * - `unreachable`: the network or the service is away.
 * - `broken`: it cannot be played here, or is there no more.
 */
export type Trouble = "refused" | "unreachable" | "broken";

export interface StreamParts {
  /** Of its first playlist. */
  url: string;
  /** Seconds. */
  start: number;
  wishes: StreamWishes;
  changed: (state: StreamState) => void;
  failed: (trouble: Trouble) => void;
}

export interface StreamWishes {
  /** The shorter side that was chosen last, in pixels; null: whatever fits. */
  quality: number | null;
  /** The language that was chosen last; null: what the film begins with. */
  sound: string | null;
  /** Somebody pays for each byte. */
  saveData: boolean;
}

export interface Stream {
  /** Play another picture, without a break; null: whatever fits. */
  chooseQuality: (side: number | null) => void;
  chooseSound: (index: number) => void;
  /** Go on with another token; after trouble, try again. */
  renew: (url: string) => void;
  /** Look whether there is more to choose from, and take it in; false if that could not be seen. */
  join: () => Promise<boolean>;
  /** Somebody plays it: load ahead. */
  play: () => void;
  end: () => void;
}
