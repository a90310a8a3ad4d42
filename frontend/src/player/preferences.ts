/** What somebody has set in a player and finds again in the next one. */
import { guarded } from "@/app/guarded";

import { within } from "./clock";

export interface Preferences {
  /** 0 to 1. */
  volume: number;
  muted: boolean;
  rate: number;
  /** The shorter side in pixels; null: whatever fits. */
  quality: number | null;
  /** The language of the captions; empty: none; null: those that a film has on by itself. */
  captions: string | null;
  /** The language of the sound; null: what the film begins with. */
  sound: string | null;
}

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

const KEY = "framemill.player";

const DEFAULTS: Preferences = {
  volume: 1,
  muted: false,
  rate: 1,
  quality: null,
  captions: null,
  sound: null,
};

/** Make preferences of what was kept, whatever stands there. */
export function parsePreferences(text: string | null): Preferences {
  const kept = guarded(() => JSON.parse(text ?? "") as unknown);
  if (typeof kept !== "object" || kept === null) return DEFAULTS;
  const { volume, muted, rate, quality, captions, sound } = kept as Record<string, unknown>;
  return {
    volume: typeof volume === "number" ? within(volume, 0, 1) : DEFAULTS.volume,
    muted: muted === true,
    rate: RATES.find((each) => each === rate) ?? DEFAULTS.rate,
    quality: typeof quality === "number" && quality > 0 ? quality : null,
    captions: typeof captions === "string" ? captions : null,
    sound: typeof sound === "string" ? sound : null,
  };
}

export function readPreferences(): Preferences {
  return parsePreferences(guarded(() => window.localStorage.getItem(KEY)));
}

/** Keep what has changed; where nothing can be kept, it holds for this page only. */
export function keepPreferences(change: Partial<Preferences>): void {
  const kept = JSON.stringify({ ...readPreferences(), ...change });
  guarded(() => {
    window.localStorage.setItem(KEY, kept);
  });
}
