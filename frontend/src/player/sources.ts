/** Which files of a video can be played, and with which to begin. Pure. */
import type { Rendition } from "@/api/types";

export interface Source {
  /** As a person chooses it: `720p`. */
  name: string;
  url: string;
  /** Pixels; 0 of sound. */
  width: number;
  height: number;
  /** Bits a second. */
  bitrate: number;
}

export interface Viewport {
  /** CSS pixels that the picture may fill. */
  width: number;
  height: number;
  /** Device pixels to a CSS pixel. */
  ratio: number;
}

export interface Wishes {
  /** The shorter side that was chosen last, in pixels; null: whatever fits. */
  quality: number | null;
  /** Somebody pays for each byte. */
  saveData: boolean;
}

/** Nobody tells more pixels from these at the distance of a screen. */
const MOST_RATIO = 2;
/** A picture may be enlarged by a quarter before the next larger one is worth its bytes. */
const ENOUGH = 0.8;
const FRUGAL_SIDE = 480;

/** What every browser plays; null of sound. */
const COMMON: readonly (string | null)[] = ["h264", null];

/** Return the files to choose from, the best first; other codecs only where there is nothing else. */
export function sourcesOf(renditions: readonly Rendition[]): Source[] {
  const common = renditions.filter((each) => COMMON.includes(each.video_codec));
  return (common.length > 0 ? common : renditions)
    .toSorted((a, b) => side(b) - side(a) || b.bitrate - a.bitrate)
    .map(({ name, url, width, height, bitrate }) => ({
      name,
      url,
      width: width ?? 0,
      height: height ?? 0,
      bitrate,
    }));
}

/** The shorter side: what names a video (720p), in landscape and in portrait. */
export function side({ width, height }: Pick<Rendition, "width" | "height">): number {
  return Math.min(width ?? 0, height ?? 0);
}

/** Return the source to begin with; undefined only when there is none. */
export function choose(
  sources: readonly Source[],
  viewport: Viewport,
  { quality, saveData }: Wishes,
): Source | undefined {
  // What a person has chosen counts more than what the browser was told once.
  if (quality !== null) return largestUpTo(sources, quality);
  if (saveData) return largestUpTo(sources, FRUGAL_SIDE);
  const smallestFirst = sources.toSorted((a, b) => side(a) - side(b) || a.bitrate - b.bitrate);
  return smallestFirst.find((file) => fills(file, viewport)) ?? smallestFirst.at(-1);
}

function fills({ width, height }: Source, viewport: Viewport): boolean {
  const shown = Math.min(viewport.width / width, viewport.height / height);
  return 1 >= shown * Math.min(viewport.ratio, MOST_RATIO) * ENOUGH;
}

/** The largest that is no larger, or else the smallest there is. */
function largestUpTo(files: readonly Source[], limit: number): Source | undefined {
  const largestFirst = files.toSorted((a, b) => side(b) - side(a) || b.bitrate - a.bitrate);
  return largestFirst.find((file) => side(file) <= limit) ?? largestFirst.at(-1);
}

/**
 * Whether two addresses are those of one file: a presigned address is signed again every few minutes,
 * which is no reason to start again.
 */
export function sameFile(one: string | null, other: string | null): boolean {
  return one === other || (one !== null && other !== null && bare(one) === bare(other));
}

function bare(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? "";
}
