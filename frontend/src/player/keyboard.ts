/** What keys mean to a player. Pure. */

export type Command =
  | { do: "play" }
  | { do: "seekBy"; seconds: number }
  | { do: "seekTo"; fraction: number }
  | { do: "volumeBy"; step: number }
  | { do: "mute" }
  | { do: "fullscreen" }
  | { do: "captions" };

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/**
 * Where the focus is: on the player itself, elsewhere on its page, on something that Space and Enter
 * press, or on a slider that arrows move.
 */
export type Place = "player" | "page" | "button" | "slider";

const SHORT_S = 5;
const LONG_S = 10;
export const VOLUME_STEP = 0.05;

const ANYWHERE = new Map<string, Command>(
  Object.entries<Command>({
    k: { do: "play" },
    j: { do: "seekBy", seconds: -LONG_S },
    l: { do: "seekBy", seconds: LONG_S },
    m: { do: "mute" },
    f: { do: "fullscreen" },
    c: { do: "captions" },
  }),
);

const ARROWS = new Map<string, Command>(
  Object.entries<Command>({
    ArrowLeft: { do: "seekBy", seconds: -SHORT_S },
    ArrowRight: { do: "seekBy", seconds: SHORT_S },
    ArrowUp: { do: "volumeBy", step: VOLUME_STEP },
    ArrowDown: { do: "volumeBy", step: -VOLUME_STEP },
  }),
);

/** Return what a key asks of the player; null when it is not the player's. */
export function commandOf({ key, ctrlKey, metaKey, altKey }: Key, place: Place): Command | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === " ") return place === "button" ? null : { do: "play" };
  if (/^[0-9]$/.test(key)) return { do: "seekTo", fraction: Number(key) / 10 };
  const arrow = ARROWS.get(key);
  if (arrow === undefined) return ANYWHERE.get(key.toLowerCase()) ?? null;
  if (place === "slider") return null;
  // Away from the player these scroll the page, which is what one expects of them there.
  return place === "page" && arrow.do === "volumeBy" ? null : arrow;
}

/** Tell where the focus is. */
export function placeOf(target: EventTarget | null, player: Element): Place {
  if (!(target instanceof Element)) return "page";
  if (target.closest("input[type=range]") !== null) return "slider";
  // Space presses them, and arrows go from tab to tab and from option to option.
  if (target.closest("button, summary, [role=button], [role=tab], [role=option]") !== null)
    return "button";
  return player.contains(target) ? "player" : "page";
}
