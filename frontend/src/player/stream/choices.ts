/** What of a stream can be chosen: pictures and sounds. Pure. */
import { bitRate } from "@/app/format";
import { texts } from "@/app/texts";
import type { Option } from "@/player/OptionMenu";

/** A picture of the stream, as its first playlist tells it. */
export interface Picture {
  /** Pixels. */
  width: number;
  height: number;
  /** Bits a second. */
  bitrate: number;
}

/** A sound of the stream. */
export interface Sound {
  name: string;
  /** BCP 47; empty where it is not known. */
  language: string;
  /** As the playlist has it: `2`, `6`. */
  channels: string;
}

export const AUTO = "auto";

/** The shorter side: what names a picture (720p), in landscape and in portrait. */
export function sideOf({ width, height }: Pick<Picture, "width" | "height">): number {
  return Math.min(width, height);
}

/** As a person chooses it. */
export function nameOf(picture: Picture): string {
  return `${sideOf(picture)}p`;
}

const NONE: Picture = { width: 0, height: 0, bitrate: 0 };

/** The larger first; of one size that with the codec that needs fewest bits. */
function better(a: Picture, b: Picture): number {
  return sideOf(b) - sideOf(a) || a.bitrate - b.bitrate;
}

/** Return what the quality menu lists: what adapts by itself, then the best first. */
export function qualityOptions(pictures: readonly Picture[]): Option[] {
  const sorted = pictures.toSorted(better);
  // A size with several codecs is one choice.
  const listed = sorted.filter((each, at) => nameOf(each) !== nameOf(sorted[at - 1] ?? NONE));
  return [
    { value: AUTO, label: texts.player.auto },
    ...listed.map((picture) => ({
      value: nameOf(picture),
      label: nameOf(picture),
      hint: bitRate(picture.bitrate),
    })),
  ];
}

/**
 * Return which picture somebody means who has chosen a side: the largest that is no larger, or else
 * the smallest there is; -1 (whatever fits) when nothing was chosen.
 */
export function pictureFor(pictures: readonly Picture[], side: number | null): number {
  if (side === null || pictures.length === 0) return -1;
  const best = pictures.toSorted(better);
  const found = best.find((each) => sideOf(each) <= side) ?? best.at(-1);
  return found === undefined ? -1 : pictures.indexOf(found);
}

const SURROUND: Record<string, string> = { "1": "Mono", "6": "5.1", "8": "7.1" };

/** Return what the menu of sounds lists. */
export function soundOptions(sounds: readonly Sound[]): Option[] {
  return sounds.map((sound, index) => {
    const label = labelOf(sound) ?? texts.player.soundNumber(index + 1);
    // A title alone (Stereo, Director) does not tell the language.
    const spoken = languageName(sound.language);
    const hints = [
      ...(spoken === undefined || label.startsWith(spoken) ? [] : [spoken]),
      ...[SURROUND[sound.channels]].filter((hint) => hint !== undefined),
    ];
    const hint = hints.join(", ");
    return { value: String(index), label, ...(hint === "" ? {} : { hint }) };
  });
}

/** A sound without a title goes by the tag of its language, and perhaps what it is for. */
function labelOf({ name, language }: Sound): string | undefined {
  if (name === "") return languageName(language);
  const rest = name.slice(language.length);
  const isTag = language !== "" && name.startsWith(language) && /^($|[ ,])/.test(rest);
  return isTag ? `${languageName(language) ?? language}${rest}` : name;
}

/** A quality of hls.js, by what matters here. */
interface Level {
  audioGroups?: readonly (string | undefined)[] | undefined;
}

interface GroupedSound {
  groupId?: string | undefined;
  channels?: string | undefined;
}

/**
 * Return the sounds and the numbers of the qualities that a page does without: those with more than
 * two channels, where there are others. It would mix them to stereo, and load twice the bytes.
 */
export function surplusOf<S extends GroupedSound>(levels: readonly Level[], sounds: readonly S[]) {
  const surround = new Set(
    sounds.filter((each) => Number(each.channels ?? 2) > 2).map((each) => each.groupId),
  );
  const isSurplus = ({ audioGroups = [] }: Level) =>
    audioGroups.length > 0 && audioGroups.every((group) => surround.has(group));
  if (levels.every(isSurplus)) return { levels: [], sounds: [] };
  return {
    levels: levels.map((_, index) => index).filter((index) => isSurplus(levels[index] ?? {})),
    sounds: sounds.filter((each) => surround.has(each.groupId)),
  };
}

/** Return the name of a language in that of this page; nothing where it is not known. */
export function languageName(language: string): string | undefined {
  if (language === "" || language === "und") return undefined;
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(language);
  } catch {
    return language; // No tag of a language: shown as it stands.
  }
}
