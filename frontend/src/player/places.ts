/** Where somebody stopped watching each video, so that it goes on there. */
import { guarded } from "@/app/guarded";

const KEY = "framemill.places";
/** The oldest are forgotten. */
const MOST = 200;
/** Seconds: who has seen less than this has not begun, and who has less than this left is through. */
const MARGIN_S = 5;

type Places = readonly (readonly [id: string, seconds: number])[];

/** Make places of what was kept, whatever stands there. */
export function parsePlaces(text: string | null): Places {
  const kept = guarded(() => JSON.parse(text ?? "") as unknown);
  return Array.isArray(kept) ? kept.filter(isPlace) : [];
}

function isPlace(entry: unknown): entry is [string, number] {
  return Array.isArray(entry) && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}

/**
 * Return the places after one has changed.
 *
 * @param length seconds of the whole video; 0 where it is not known.
 */
export function withPlace(places: Places, id: string, seconds: number, length: number): Places {
  const others = places.filter(([each]) => each !== id);
  const isOver = length > 0 && seconds > length - MARGIN_S;
  if (seconds < MARGIN_S || isOver) return others;
  return [...others, [id, Math.floor(seconds)] as const].slice(-MOST);
}

/** Return where somebody stopped, in seconds; 0 for who has not begun. */
export function readPlace(id: string): number {
  return readPlaces().find(([each]) => each === id)?.[1] ?? 0;
}

/** Keep where somebody is; where nothing can be kept, the video begins at its beginning. */
export function keepPlace(id: string, seconds: number, length: number): void {
  const kept = JSON.stringify(withPlace(readPlaces(), id, seconds, length));
  guarded(() => {
    window.localStorage.setItem(KEY, kept);
  });
}

function readPlaces(): Places {
  return parsePlaces(guarded(() => window.localStorage.getItem(KEY)));
}
