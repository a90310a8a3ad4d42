/** Small pictures of a film, and the times that each stands for. Pure. */

export interface Tile {
  /** Seconds. */
  from: number;
  to: number;
  /** Of the sheet that it is on. */
  url: string;
  /** Where it is on the sheet, in pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /^([\d:.]+) --> ([\d:.]+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/**
 * Read a list of tiles, in order of time.
 *
 * @param base the address of the list: those in it are relative to it.
 */
export function tilesOf(list: string, base: string): Tile[] {
  return [...list.replaceAll("\r", "").matchAll(CUE)].map(([, from, to, address, ...place]) => {
    const [x = 0, y = 0, width = 0, height = 0] = place.map(Number);
    const url = new URL(address ?? "", base).href;
    return { from: secondsOf(from), to: secondsOf(to), url, x, y, width, height };
  });
}

/** The tile that stands for a time; the last one for what is behind it. */
export function tileAt(tiles: readonly Tile[], seconds: number): Tile | null {
  return tiles.find(({ to }) => seconds < to) ?? tiles.at(-1) ?? null;
}

/** `01:02:03.500` as seconds. */
function secondsOf(clock = ""): number {
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
