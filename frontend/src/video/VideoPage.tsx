import { Suspense, useCallback, useEffect, useMemo } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { answered } from "@/api/client";
import { Playbacks } from "@/api/playback";
import { isApiError } from "@/api/problem";
import type { Rendition, Video } from "@/api/types";
import { lazyPart } from "@/app/lazyPart";
import { Message } from "@/app/Message";
import { useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { useDeleteWithUndo } from "@/library/useDelete";
import type { CaptionSource } from "@/player/useCaptions";
import type { AskStoryboard } from "@/player/useStoryboard";
import type { Streaming } from "@/player/useStream";
import { Button, buttonClass } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Skeleton } from "@/ui/Skeleton";
import { useTitle } from "@/ui/useTitle";

import { Downloads } from "./Downloads";
import { Facts } from "./Facts";
import { Done, Warnings } from "./Notes";
import { Captions } from "./Captions";
import { captionsOf } from "./captionNames";
import { lengthOf, shapeOf } from "./shape";
import { VideoHead } from "./VideoHead";
import styles from "./VideoPage.module.css";
import { History } from "./History";
import { Trouble } from "./Trouble";
import { useVideo } from "./useVideo";
import { useChoosePoster, useVideoActions } from "./useVideoActions";
import { Progress, Working } from "./Working";

// In a chunk of its own: who only looks around needs none.
const loadPlayer = () => import("@/player/Player");
const Player = lazyPart(async () => (await loadPlayer()).Player);

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
          <Captions video={video} />
          <History video={video} />
        </div>
        <div className={styles.aside}>
          {video.source !== null && <Facts source={video.source} loudness={video.loudness} />}
          <Done done={video.done} />
        </div>
      </div>
    </div>
  );
}

/** The video itself, or what stands in its place. */
function Stage({ video }: { video: Video }) {
  const { renditions, state } = video;
  const working = state === "uploading" || state === "queued" || state === "processing";
  const { streaming, captions, chapters, storyboard } = useWatching(video);
  const choosePoster = useChoosePoster(video.id);
  const files = useFreshFiles(video.id);
  useEffect(() => {
    if (!working) return;
    // It will be wanted soon. What fails here is asked for again when it is.
    loadPlayer().then(
      (player) => {
        player.prepare();
      },
      () => undefined,
    );
  }, [working]);
  if (renditions.length === 0 && streaming === null)
    return working ? <Working video={video} /> : null;
  return (
    <>
      <Suspense fallback={<PlayerShape />}>
        <Player
          id={video.id}
          title={video.title}
          poster={video.poster_url}
          length={lengthOf(video)}
          shape={shapeOf(video)}
          isSound={video.kind === "audio"}
          // Who comes while it is made wants to see what became of it.
          playsAtOnce={renditions.length === 0}
          streaming={streaming}
          captions={captions}
          chapters={chapters}
          renditions={renditions}
          onStoryboard={storyboard}
          onPoster={choosePoster}
          onExpired={files}
        />
      </Suspense>
      {working && <Progress video={video} />}
    </>
  );
}

interface Watching {
  /** Null when it does not stream, or not yet. */
  streaming: Streaming | null;
  captions: CaptionSource;
  /** Null until it is complete: the file is looked through for them. */
  chapters: (() => Promise<string | null>) | null;
  /** Null while it has none. */
  storyboard: AskStoryboard | null;
}

/** How a video is watched, and what there is beside it. */
function useWatching(video: Video): Watching {
  const { id, state, playable, tracks, version } = video;
  const { api, apiUrl } = useServices();
  const isComplete = state === "ready";
  const playbacks = useMemo(() => {
    const params = { path: { video_id: id } };
    const ask = () => answered(api.POST("/v1/videos/{video_id}/playback", { params }));
    // What was told before it was complete is told anew.
    return { of: new Playbacks(ask, apiUrl), isComplete };
  }, [api, apiUrl, id, isComplete]);
  const moving = playable ? tracks.filter(({ kind }) => kind !== "text") : [];
  const ids = moving.map((track) => track.id).join(" ");
  const streaming = useMemo(
    () =>
      ids === "" ? null : { tracks: ids.split(" "), isComplete, ask: () => playbacks.of.stream() },
    [ids, isComplete, playbacks],
  );
  const captions = useMemo(
    () => ({
      captions: captionsOf(tracks),
      version,
      load: (text: string) => playbacks.of.captions(text),
    }),
    [tracks, version, playbacks],
  );
  const chapters = useMemo(
    () => (playbacks.isComplete ? () => playbacks.of.chapters() : null),
    [playbacks],
  );
  // It is made with the files, and anew when these are.
  const has = isComplete && video.kind !== "audio" && video.renditions.length > 0;
  const storyboard = useMemo(
    () => (has && ids !== "" ? () => playbacks.of.storyboard() : null),
    [has, ids, playbacks],
  );
  return { streaming, captions, chapters, storyboard };
}

/** Asks for the files of a video with addresses that hold for a while. */
function useFreshFiles(id: string): () => Promise<readonly Rendition[]> {
  const { refetch } = useVideo(id);
  return useCallback(async () => {
    const { renditions } = (await refetch({ throwOnError: true })).data ?? { renditions: [] };
    return renditions;
  }, [refetch]);
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
