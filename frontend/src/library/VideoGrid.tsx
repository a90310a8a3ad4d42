import { type KeyboardEvent, useCallback, useEffect, useRef } from "react";

import type { Video } from "@/api/types";
import { texts } from "@/app/texts";

import { CardSkeleton } from "./CardSkeleton";
import { target } from "./gridKeys";
import { useDeleteWithUndo } from "./useDelete";
import { VideoCard } from "./VideoCard";
import styles from "./VideoGrid.module.css";

interface Props {
  videos: readonly Video[];
  /** Shapes at the end, for what is on its way. */
  coming?: number;
  /** What is shown is about to be replaced. */
  stale?: boolean;
}

/** The videos as cards. Arrow keys move among them. */
export function VideoGrid({ videos, coming = 0, stale = false }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const deleteWithUndo = useDeleteWithUndo();
  const removed = useRef<number | null>(null);
  const onDelete = useCallback(
    (video: Video) => {
      const links = linksOf(list.current);
      removed.current = links.findIndex((link) => link.pathname.endsWith(`/${video.id}`));
      deleteWithUndo(video);
    },
    [deleteWithUndo],
  );
  // Who has deleted a video goes on from the one that took its place.
  useEffect(() => {
    if (removed.current === null) return;
    const links = linksOf(list.current);
    const next = links[Math.min(removed.current, links.length - 1)];
    removed.current = null;
    // After the menu, which gives the focus back to a button that is no longer there.
    requestAnimationFrame(() => next?.focus({ preventScroll: true }));
  }, [videos]);

  const pressed = (event: KeyboardEvent<HTMLUListElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const links = linksOf(event.currentTarget);
    const index = links.findIndex((link) => link === event.target);
    if (index === -1) return;
    const to = target(event.key, index, {
      count: links.length,
      columns: columnsOf(links),
      rtl: getComputedStyle(event.currentTarget).direction === "rtl",
    });
    if (to === null) return;
    event.preventDefault();
    links[to]?.focus();
  };
  return (
    <ul
      ref={list}
      // Safari takes a list without bullets for none.
      role="list"
      aria-label={texts.library.list}
      aria-busy={stale || coming > 0}
      className={styles.grid}
      data-stale={stale || undefined}
      onKeyDown={pressed}
    >
      {videos.map((video) => (
        <li key={video.id}>
          <VideoCard video={video} onDelete={onDelete} />
        </li>
      ))}
      {Array.from({ length: coming }, (_, index) => (
        <li key={index} aria-hidden>
          <CardSkeleton />
        </li>
      ))}
    </ul>
  );
}

function linksOf(list: HTMLElement | null): HTMLAnchorElement[] {
  return [...(list?.querySelectorAll<HTMLAnchorElement>("a[data-card]") ?? [])];
}

/** How many stand beside each other is for the style sheet to decide; so it is measured. */
function columnsOf(links: readonly HTMLAnchorElement[]): number {
  const tops = links.map((link) => link.closest("li")?.offsetTop);
  const second = tops.findIndex((top) => top !== tops[0]);
  return second === -1 ? links.length : second;
}
