import { useEffect, useState } from "react";

import { type Chapter, parseChapters } from "./chapters";

const NONE: readonly Chapter[] = [];

/** The chapters of a video, as soon as they are read; whoever gives no `load` has none (yet). */
export function useChapters(load: (() => Promise<string | null>) | null): readonly Chapter[] {
  const [chapters, setChapters] = useState(NONE);
  useEffect(() => {
    if (load === null) return;
    let isOver = false;
    load().then(
      (text) => {
        if (!isOver) setChapters(text === null ? NONE : parseChapters(text));
      },
      // The film plays without them.
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [load]);
  return chapters;
}
