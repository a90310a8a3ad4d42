import { Link } from "react-router";

import type { Job } from "@/api/types";
import { isApiError } from "@/api/problem";
import { texts } from "@/app/texts";
import { useVideo } from "@/video/useVideo";
import { Skeleton } from "@/ui/Skeleton";

import { JobEntry } from "./JobEntry";
import styles from "./JobRow.module.css";

/** A job among those of all videos, under the name of its video. */
export function JobRow({ job }: { job: Job }) {
  const video = useVideo(job.video_id);
  const gone = isApiError(video.error, "not_found");
  return (
    <JobEntry
      job={job}
      video={video.data}
      title={
        <h2 className={styles.title} dir="auto">
          {video.isPending ? (
            <Skeleton width="200px" />
          ) : gone ? (
            texts.activity.untitled
          ) : (
            <Link to={`/videos/${job.video_id}`} className={styles.link}>
              {video.data?.title ?? texts.activity.untitled}
            </Link>
          )}
        </h2>
      }
    />
  );
}
