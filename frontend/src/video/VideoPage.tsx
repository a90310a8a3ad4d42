import { lazy, Suspense, useCallback } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { isApiError } from "@/api/problem";
import type { Video } from "@/api/types";
import { Message } from "@/app/Message";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { useDeleteWithUndo } from "@/library/useDelete";
import { Button, buttonClass } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Skeleton } from "@/ui/Skeleton";
import { useTitle } from "@/ui/useTitle";

import { Downloads } from "./Downloads";
import { Facts } from "./Facts";
import { Done, Warnings } from "./Notes";
import { VideoHead } from "./VideoHead";
import styles from "./VideoPage.module.css";
import { History } from "./History";
import { Trouble } from "./Trouble";
import { useVideo } from "./useVideo";
import { useVideoActions } from "./useVideoActions";
import { Progress, Working } from "./Working";

// In a chunk of its own: who waits for a video to be ready needs none.
const Player = lazy(async () => ({ default: (await import("@/player/Player")).Player }));

/** Before the addresses of what is played run out, which they do after a quarter of an hour. */
const RENEW_MS = 10 * 60_000;

export function VideoPage() {
  const { id = "" } = useParams();
  const video = useVideo(id, RENEW_MS);
  useTitle(video.data?.title ?? "");
  // It may have been deleted while one looks at it. An id that is none is not found either.
  if (isApiError(video.error, "not_found", "validation_failed")) return <Gone />;
  if (video.data !== undefined) return <Content key={id} video={video.data} />;
  if (video.error === null) return <Loading />;
  return (
    <Callout
      tone="danger"
      title={texts.video.failed}
      code={isApiError(video.error) ? video.error.code : undefined}
      actions={
        <Button busy={video.isFetching} onClick={() => void video.refetch()}>
          {texts.app.tryAgain}
        </Button>
      }
    >
      <p>{wordsFor(video.error)}</p>
    </Callout>
  );
}

function Content({ video }: { video: Video }) {
  const navigate = useNavigate();
  const deleteWithUndo = useDeleteWithUndo();
  const { busy, ask } = useVideoActions(video.id);
  const remove = () => {
    deleteWithUndo(video);
    void navigate("/");
  };
  const stopped = video.state === "failed" || video.state === "cancelled";
  return (
    <div className={styles.page}>
      <Stage video={video} />
      <VideoHead
        video={video}
        stopping={busy === "cancel"}
        onStop={() => {
          ask("cancel");
        }}
        onDelete={stopped ? null : remove}
      />
      {stopped && (
        <Trouble
          video={video}
          retrying={busy === "retry"}
          onRetry={() => {
            ask("retry");
          }}
          onDelete={remove}
        />
      )}
      <Warnings warnings={video.warnings} />
      <div className={styles.columns}>
        <div className={styles.main}>
          <Downloads video={video} />
          <History video={video} />
        </div>
        <div className={styles.aside}>
          {video.source !== null && <Facts source={video.source} />}
          <Done done={video.done} />
        </div>
      </div>
    </div>
  );
}

/** The video itself, or what stands in its place. */
function Stage({ video }: { video: Video }) {
  const { refetch } = useVideo(video.id);
  const renew = useCallback(async () => {
    const { renditions } = (await refetch({ throwOnError: true })).data ?? { renditions: [] };
    return renditions;
  }, [refetch]);
  const { renditions, state } = video;
  const working = state === "uploading" || state === "queued" || state === "processing";
  if (renditions.length === 0) return working ? <Working video={video} /> : null;
  return (
    <>
      <Suspense fallback={<PlayerShape />}>
        <Player
          title={video.title}
          poster={video.poster_url}
          renditions={renditions}
          onExpired={renew}
        />
      </Suspense>
      {working && <Progress video={video} />}
    </>
  );
}

function PlayerShape() {
  return (
    <div className={styles.shape}>
      <span role="status" className="visually-hidden">
        {texts.player.loading}
      </span>
    </div>
  );
}

function Loading() {
  return (
    <div className={styles.page}>
      <p role="status" className="visually-hidden">
        {texts.video.loading}
      </p>
      <div className={styles.shape}>
        <Skeleton height="100%" />
      </div>
      <Skeleton width="50%" height="1.6em" />
      <Skeleton width="30%" />
    </div>
  );
}

function Gone() {
  useTitle(texts.video.goneTitle);
  return (
    <Message title={texts.video.goneTitle} hint={texts.video.goneHint}>
      <Link to="/" className={buttonClass("primary")}>
        {texts.app.toLibrary}
      </Link>
    </Message>
  );
}
