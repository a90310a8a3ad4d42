import type { Video } from "@/api/types";
import { Badge } from "@/ui/Badge";
import { ProgressBar } from "@/ui/ProgressBar";
import { RelativeTime } from "@/ui/RelativeTime";

import styles from "./CardStatus.module.css";
import { useUploadOf } from "./uploadProgress";
import { failureWords, type WorkWords, workWords } from "./words";

/** How a video stands: what is being done to it, what went wrong, or since when it is here. */
export function CardStatus({ video }: { video: Video }) {
  if (video.state === "uploading") return <Uploading video={video} />;
  const work = workWords(video, null);
  if (work !== null) return <Work {...work} />;
  return (
    <div className={styles.status}>
      <Badge state={video.state} />
      {video.state === "failed" ? (
        <span className={styles.words}>{failureWords(video.failure)}</span>
      ) : (
        <RelativeTime iso={video.created_at} />
      )}
    </div>
  );
}

// Apart, so that only what is being uploaded listens to the uploads.
function Uploading({ video }: { video: Video }) {
  const work = workWords(video, useUploadOf(video.id));
  return work && <Work {...work} />;
}

function Work({ doing, far, value, why }: WorkWords) {
  return (
    <div className={styles.work}>
      {value !== null && <ProgressBar value={value} label={doing} />}
      <div className={styles.status}>
        <span className={styles.doing}>{doing}</span>
        {far !== "" && <span>{far}</span>}
      </div>
      {why !== null && <p className={styles.why}>{why}</p>}
    </div>
  );
}
