import { useEffect, useMemo, useSyncExternalStore } from "react";

import { isApiError } from "@/api/problem";
import type { SharedPlayback } from "@/api/types";
import { Message } from "@/app/Message";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Player, type PlayerProps } from "@/player/Player";
import { Button } from "@/ui/Button";
import { captionsOf } from "@/video/captionNames";

import styles from "./Embed.module.css";
import { filesOf, type Shared, tracksOf } from "./shared";

interface Props extends Pick<PlayerProps, "find"> {
  /** By which this browser remembers where somebody stopped. */
  id: string;
  shared: Shared;
}

/** A shared video, as large as the window. */
export function Embed({ shared, ...rest }: Props) {
  const { playback, failure } = useSyncExternalStore(shared.subscribe, shared.getState);
  useEffect(() => shared.begin(), [shared]);
  return (
    <main className={styles.stage}>
      {playback !== null ? (
        <Shown playback={playback} shared={shared} {...rest} />
      ) : failure !== null ? (
        <Sorry failure={failure} onRetry={() => void shared.load()} />
      ) : (
        <p role="status" className="visually-hidden">
          {texts.player.loading}
        </p>
      )}
    </main>
  );
}

function Shown({ playback, shared, ...rest }: Props & { playback: SharedPlayback }) {
  const { width, height } = playback;
  const tracks = playback.hls_url === null ? "" : tracksOf(playback).join(" ");
  const isComplete = playback.dash_url !== null;
  const streaming = useMemo(
    () =>
      tracks === "" ? null : { tracks: tracks.split(" "), isComplete, ask: () => shared.address() },
    [tracks, isComplete, shared],
  );
  const renditions = useMemo(() => filesOf(playback), [playback]);
  const captions = useMemo(
    () => ({
      captions: captionsOf(playback.tracks),
      // It is not told when they change: they are as they were when the page was opened.
      version: 0,
      load: (id: string) => shared.beside.captions(id),
    }),
    [playback, shared],
  );
  const hasChapters = playback.chapters_url !== null;
  const chapters = useMemo(
    () => (hasChapters ? () => shared.beside.chapters() : null),
    [hasChapters, shared],
  );
  const hasStoryboard = playback.storyboard_url !== null;
  const storyboard = useMemo(
    // It is made anew when the film is.
    () => (hasStoryboard && tracks !== "" ? () => shared.beside.storyboard() : null),
    [hasStoryboard, tracks, shared],
  );
  return (
    <Player
      fills
      title={playback.title}
      poster={playback.poster_url}
      length={playback.duration ?? 0}
      shape={width !== null && height !== null ? { width, height } : null}
      isSound={playback.kind === "audio"}
      streaming={streaming}
      captions={captions}
      chapters={chapters}
      onStoryboard={storyboard}
      renditions={renditions}
      onExpired={() => shared.files()}
      {...rest}
    />
  );
}

function Sorry({ failure, onRetry }: { failure: unknown; onRetry: () => void }) {
  const words = texts.embed;
  if (isApiError(failure, "invalid_state"))
    return <Message title={words.waitsTitle} hint={words.waitsHint} />;
  if (isApiError(failure, "not_found"))
    return <Message title={words.goneTitle} hint={words.goneHint} />;
  if (isApiError(failure, "origin_not_allowed"))
    return <Message title={words.elsewhereTitle} hint={words.elsewhereHint} />;
  return (
    <Message title={texts.player.failed} hint={wordsFor(failure)}>
      <Button onClick={onRetry}>{texts.app.tryAgain}</Button>
    </Message>
  );
}
