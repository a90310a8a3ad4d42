import type { CSSProperties } from "react";

import type { Video } from "@/api/types";
import { texts } from "@/app/texts";
import { Poster } from "@/library/Poster";
import { useUploadOf } from "@/library/uploadProgress";
import { workWords } from "@/library/words";
import { ProgressBar } from "@/ui/ProgressBar";

import { comingOf } from "./shape";
import styles from "./Working.module.css";

/** What is being done to a video and how far it is. */
export function Progress({ video }: { video: Video }) {
  const upload = useUploadOf(video.id);
  const work = workWords(video, upload);
  if (work === null) return null;
  const hint = hintFor(video, upload !== null);
  return (
    <div className={styles.progress}>
      <p className={styles.words}>
        <span className={styles.doing}>{work.doing}</span>
        <span>{work.far}</span>
      </p>
      <ProgressBar value={work.value} label={work.doing} />
      {work.why !== null && (
        <p>
          {work.why} {texts.video.waits}
        </p>
      )}
      {hint !== undefined && <p>{hint}</p>}
    </div>
  );
}

function hintFor(video: Video, isOurs: boolean): string | undefined {
  if (video.state === "uploading") return isOurs ? undefined : texts.video.elsewhere;
  if (video.renditions.length > 0) return texts.video.again;
  if (!video.playable) return undefined;
  const { early, asUploaded, betterComes, moreCome } = texts.video;
  const now = video.tracks.some(({ made }) => made === "remuxed") ? asUploaded : early;
  const coming = comingOf(video);
  if (coming === null) return now;
  return `${now} ${coming === "more" ? moreCome : betterComes}`;
}

/** Stands where the player will, in its shape, for as long as there is nothing to play. */
export function Working({ video }: { video: Video }) {
  const { width, height } = video.source ?? { width: null, height: null };
  const ratio = width && height ? width / height : 16 / 9;
  return (
    <div className={styles.stage} style={{ "--ratio": ratio } as CSSProperties}>
      <div className={styles.poster}>
        <Poster src={video.poster_url} />
      </div>
      <div className={styles.panel}>
        <Progress video={video} />
      </div>
    </div>
  );
}
