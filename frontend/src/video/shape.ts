/** What a player has to know of a video before it has loaded anything. Pure. */
import type { Video } from "@/api/types";

/** The length of the whole video in seconds, however much of it is there; 0 if it is not known. */
export function lengthOf({ renditions, source }: Video): number {
  return renditions[0]?.duration ?? source?.duration ?? 0;
}

/** The shape of the picture; null for sound, or before it is known. */
export function shapeOf({ renditions, tracks }: Video) {
  for (const { width, height } of [...renditions, ...tracks])
    if (width !== null && height !== null && width > 0 && height > 0) return { width, height };
  return null;
}

/** Below this no other picture is made of a source that is played as it is. */
const SMALL_SIDE = 480;

/**
 * Which pictures will follow the one that is offered first: none is larger than the original. To the
 * original itself smaller ones are added.
 */
export function comingOf({ renditions, source, tracks }: Video): "better" | "more" | null {
  if (renditions.length > 0 || source === null) return null;
  const pictures = tracks.filter(({ kind }) => kind === "video");
  const [only] = pictures;
  if (only === undefined || pictures.length > 1) return null;
  const side = (of: { width: number | null; height: number | null }) =>
    Math.min(of.width ?? 0, of.height ?? 0);
  if (only.made === "remuxed") return side(only) > SMALL_SIDE ? "more" : null;
  return side(only) < side(source) ? "better" : null;
}
