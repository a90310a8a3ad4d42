/** The chapters of a video. Pure. */

export interface Chapter {
  /** Seconds. */
  start: number;
  end: number;
  title: string;
}

const TIMES = /^(\d{2,3}):(\d{2}):(\d{2}\.\d{3}) --> (\d{2,3}):(\d{2}):(\d{2}\.\d{3})/;
const TAG = /<\/?[biu]>/g;
const WRITTEN: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Read chapters from WebVTT, as the API writes that. */
export function parseChapters(text: string): Chapter[] {
  return text.split("\n\n").flatMap((block) => {
    const [times = "", ...lines] = block.trim().split("\n");
    const found = TIMES.exec(times);
    if (found === null || lines.length === 0) return [];
    const [, h1, m1, s1, h2, m2, s2] = found;
    return [
      { start: seconds(h1, m1, s1), end: seconds(h2, m2, s2), title: plain(lines.join(" ")) },
    ];
  });
}

/** Return the chapter that a time is in, or the last before it; -1 before the first. */
export function chapterAt(chapters: readonly Chapter[], time: number): number {
  return chapters.findLastIndex(({ start }) => start <= time);
}

function seconds(hours = "0", minutes = "0", rest = "0"): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
}

function plain(text: string): string {
  return text.replace(TAG, "").replace(/&(?:amp|lt|gt);/g, (found) => WRITTEN[found] ?? found);
}
