import type { ReactNode } from "react";

import type { Job, Video } from "@/api/types";
import { texts } from "@/app/texts";
import { failureWords, workWords } from "@/library/words";
import { Badge } from "@/ui/Badge";
import { ProgressBar } from "@/ui/ProgressBar";
import { RelativeTime } from "@/ui/RelativeTime";
import { useNow } from "@/ui/useNow";

import styles from "./JobEntry.module.css";
import { timesOf } from "./jobTimes";
import { LogView } from "./LogView";

interface Props {
  job: Job;
  /** The job's video as far as it is known: its progress is told live. */
  video: Video | undefined;
  /** Which video it is, where several are listed. */
  title?: ReactNode;
}

/** One job: what was done, when, for how long, and how it ended. */
export function JobEntry({ job, video, title }: Props) {
  const now = useNow();
  const operation = texts.activity.operations[job.operation] ?? job.operation;
  return (
    <article className={styles.job} aria-label={operation}>
      {title}
      <header className={styles.head}>
        <Badge state={job.state} />
        <span className={styles.operation}>{operation}</span>
        <span className={styles.times}>
          <RelativeTime iso={job.created_at} />
          {timesOf(job, now).map((words) => (
            <span key={words}>{words}</span>
          ))}
        </span>
      </header>
      {job.state === "running" && <Progress job={job} video={video} />}
      {job.failure !== null && (
        <p className={styles.failure}>
          {failureWords(job.failure)} <code className={styles.code}>{job.failure.code}</code>
        </p>
      )}
      {(job.log_url !== null || job.finished_at !== null) && (
        <LogView job={job} operation={operation} />
      )}
    </article>
  );
}

function Progress({ job, video }: { job: Job; video: Video | undefined }) {
  // The video is told of each step, the list of jobs only of each stage.
  const live = video?.state === "processing" ? video : { ...job, eta_seconds: null, queue: null };
  const work = workWords({ ...live, state: "processing" }, null);
  if (work === null) return null;
  return (
    <div className={styles.progress}>
      <ProgressBar value={work.value} label={work.doing} />
      <p className={styles.doing}>
        <span>{work.doing}</span>
        <span>{work.far}</span>
      </p>
    </div>
  );
}
