import { Upload } from "lucide-react";

import type { Video } from "@/api/types";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { JobEntry } from "@/activity/JobEntry";
import { useJobs } from "@/activity/useJobs";
import { Button } from "@/ui/Button";
import { RelativeTime } from "@/ui/RelativeTime";
import { Skeleton } from "@/ui/Skeleton";

import styles from "./History.module.css";

/** What was done to a video, the latest first, down to its arrival. */
export function History({ video }: { video: Video }) {
  const jobs = useJobs(video.id);
  const items = jobs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-labelledby="history" className={styles.section}>
      <h2 id="history">{texts.video.history}</h2>
      <ol className={styles.list} reversed>
        {jobs.isPending && (
          <li className={styles.entry} aria-hidden>
            <Skeleton width="60%" />
          </li>
        )}
        {items.map((job) => (
          <li key={job.id} className={styles.entry} data-state={job.state}>
            <JobEntry job={job} video={video} />
          </li>
        ))}
        {jobs.isError && (
          <li className={styles.entry}>
            <p role="alert">
              {texts.activity.failed}. {wordsFor(jobs.error)}
            </p>
            <Button busy={jobs.isFetching} onClick={() => void jobs.refetch()}>
              {texts.app.tryAgain}
            </Button>
          </li>
        )}
        {jobs.hasNextPage ? (
          <li className={styles.entry}>
            <Button busy={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>
              {texts.activity.further}
            </Button>
          </li>
        ) : (
          <li className={styles.entry}>
            <p className={styles.added}>
              <Upload aria-hidden />
              {texts.video.added} <RelativeTime iso={video.created_at} />
            </p>
          </li>
        )}
      </ol>
    </section>
  );
}
