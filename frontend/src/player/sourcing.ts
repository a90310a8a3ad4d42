import type { Option } from "./OptionMenu";

/** What the player plays, and what of it can be chosen. */
export interface Sourcing {
  /** Empty where there is nothing to choose. */
  qualities: readonly Option[];
  quality: string;
  /** What the button shows: the quality that was chosen, or the one that is shown. */
  face: string;
  chooseQuality: (value: string) => void;
  sounds: readonly Option[];
  sound: string;
  chooseSound: (value: string) => void;
  /** Up to how many seconds it can be played while the rest is made; null: to its end. */
  edge: number | null;
  /** A fresh address is on its way. */
  renewing: boolean;
  /** Why it cannot go on; null while it can. */
  failure: unknown;
  retry: () => void;
}
