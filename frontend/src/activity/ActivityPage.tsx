import { useRef } from "react";
import { useSearchParams } from "react-router";

import { isApiError } from "@/api/problem";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Choice } from "@/library/Choice";
import { useHiddenVideos } from "@/library/useDelete";
import { useInSight } from "@/library/useInSight";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Skeleton } from "@/ui/Skeleton";
import { useTitle } from "@/ui/useTitle";

import styles from "./ActivityPage.module.css";
import { type Filter, filterFrom, passes } from "./filters";
import { JobRow } from "./JobRow";
import { useJobs } from "./useJobs";

/** What was and is done to all videos. */
export function ActivityPage() {
  const words = texts.activity;
  useTitle(words.title);
  const [params, setParams] = useSearchParams();
  const filter = filterFrom(params);
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <h1>{words.title}</h1>
        <Choice
          label={words.show}
          value={filter}
          options={words.filters}
          onChange={(wanted) => {
            setParams(wanted === "all" ? {} : { state: wanted }, { replace: true });
          }}
        />
      </header>
      <Jobs filter={filter} />
    </div>
  );
}

function Jobs({ filter }: { filter: Filter }) {
  const words = texts.activity;
  const jobs = useJobs(null);
  const hidden = useHiddenVideos();
  const end = useRef<HTMLDivElement>(null);
  const { data, error, hasNextPage, isFetching, isFetchNextPageError } = jobs;
  const more = () => {
    void jobs.fetchNextPage();
  };
  // What is filtered here is not looked for by itself: it could be all of a long history.
  useInSight(end, filter === "all" && hasNextPage && !isFetching && !isFetchNextPageError, more);

  if (data === undefined)
    return error === null ? (
      <Loading />
    ) : (
      <Callout
        tone="danger"
        title={words.failed}
        code={isApiError(error) ? error.code : undefined}
        actions={
          <Button busy={isFetching} onClick={() => void jobs.refetch()}>
            {texts.app.tryAgain}
          </Button>
        }
      >
        <p>{wordsFor(error)}</p>
      </Callout>
    );

  const all = data.pages.flatMap((page) => page.items).filter((job) => !hidden.has(job.video_id));
  const shown = all.filter((job) => passes(filter, job));
  return (
    <>
      {all.length === 0 && !hasNextPage ? (
        <div className={styles.empty}>
          <h2>{words.emptyTitle}</h2>
          <p>{words.emptyHint}</p>
        </div>
      ) : shown.length === 0 ? (
        <p className={styles.empty}>{words.noMatch}</p>
      ) : (
        <ul className={styles.list} aria-label={words.list}>
          {shown.map((job) => (
            <li key={job.id}>
              <JobRow job={job} />
            </li>
          ))}
        </ul>
      )}
      <div ref={end} className={styles.end}>
        {isFetchNextPageError && <p role="alert">{wordsFor(error)}</p>}
        {hasNextPage && (
          <Button busy={jobs.isFetchingNextPage} onClick={more}>
            {isFetchNextPageError ? texts.app.tryAgain : words.further}
          </Button>
        )}
      </div>
    </>
  );
}

const SHAPES = [0, 1, 2, 3, 4, 5];

function Loading() {
  return (
    <>
      <p role="status" className="visually-hidden">
        {texts.activity.loading}
      </p>
      <ul className={styles.list} aria-hidden>
        {SHAPES.map((shape) => (
          <li key={shape}>
            <Skeleton width="40%" />
            <Skeleton width="70%" />
          </li>
        ))}
      </ul>
    </>
  );
}
