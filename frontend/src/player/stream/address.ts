/** Addresses of a stream. They carry a token, which is renewed while somebody watches. Pure. */

/** What all addresses of a stream begin with: the folder of its first playlist, token and all. */
export function folderOf(url: string): string {
  return new URL(".", url).href;
}

/**
 * Return an address with the newest token: a playlist that is loaded already leads to the token that
 * it was asked for with.
 *
 * @param folders of all tokens so far, the newest at the end.
 */
export function readdressed(url: string, folders: readonly string[]): string {
  const newest = folders.at(-1);
  const its = folders.find((folder) => url.startsWith(folder));
  return newest === undefined || its === undefined ? url : newest + url.slice(its.length);
}

/** The clock of the browser may be wrong: neither at once and ever again, nor never. */
const SOONEST_MS = 60_000;
const LATEST_MS = 6 * 3_600_000;
/** The part of its life after which a token is renewed. */
const RENEWED_AFTER = 0.8;

/** Return the milliseconds until a token has to be renewed, well before it ends. */
export function renewIn(expiresAt: string, now: number): number {
  const left = (Date.parse(expiresAt) - now) * RENEWED_AFTER;
  return Number.isNaN(left) ? LATEST_MS : Math.min(LATEST_MS, Math.max(SOONEST_MS, left));
}
