/** The captions of a video, as a player and a list name them. Pure. */
import type { Track } from "@/api/types";
import { texts } from "@/app/texts";
import type { Caption } from "@/player/useCaptions";
import { languageName } from "@/player/stream/choices";

/** Return what a player can show. */
export function captionsOf(tracks: readonly Track[]): Caption[] {
  return tracks
    .filter(({ kind }) => kind === "text")
    .map(({ id, language, name, default: isDefault }, index) => ({
      id,
      language: language ?? "",
      label: labelOf(name === language ? "" : name, language, index + 1),
      isDefault,
    }));
}

/** Return what captions are called: their language, and their name if they have one. */
export function labelOf(name: string | null, language: string | null, number: number): string {
  const spoken = languageName(language ?? "");
  const parts = [spoken, name ?? ""].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join(" · ") : texts.captions.numbered(number);
}
