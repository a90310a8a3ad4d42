import { useRef } from "react";

import type { Video } from "@/api/types";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Button } from "@/ui/Button";

import styles from "./LibraryList.module.css";
import { useInSight } from "./useInSight";
import type { useLibrary } from "./useLibrary";
import { VideoGrid } from "./VideoGrid";

/** How many shapes stand for what is on its way. */
const FIRST = 12;
const NEXT = 6;

interface Props {
  videos: readonly Video[];
  library: ReturnType<typeof useLibrary>;
}

/** The videos that are there, and more of them as one comes near the end. */
export function LibraryList({ videos, library }: Props) {
  const { isPending, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage } = library;
  const failed = library.isFetchNextPageError;
  const end = useRef<HTMLDivElement>(null);
  // What failed is tried again by hand: by itself it would fail without end.
  const wanted = hasNextPage && !library.isFetching && !isPlaceholderData && !failed;
  useInSight(end, wanted, () => void fetchNextPage());
  return (
    <>
      {isPending && (
        <p role="status" className="visually-hidden">
          {texts.library.loading}
        </p>
      )}
      <VideoGrid
        videos={videos}
        coming={isPending ? FIRST : isFetchingNextPage ? NEXT : 0}
        stale={isPlaceholderData}
      />
      <div ref={end} className={styles.end}>
        {failed && (
          <p role="alert">
            {texts.library.moreFailed} {wordsFor(library.error)}
          </p>
        )}
        {hasNextPage && !isPlaceholderData && (
          <Button
            busy={isFetchingNextPage}
            onClick={() => {
              void fetchNextPage();
            }}
          >
            {failed ? texts.app.tryAgain : texts.library.more}
          </Button>
        )}
      </div>
    </>
  );
}
