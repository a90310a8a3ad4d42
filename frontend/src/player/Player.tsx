import { Play } from "lucide-react";
import {
  type CSSProperties,
  type PointerEvent,
  useEffect,
  useEffectEvent,
  type RefObject,
  useRef,
  useState,
} from "react";

import { isApiError } from "@/api/problem";
import type { Rendition } from "@/api/types";
import { isTyping } from "@/app/shortcuts";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";

import { Controls } from "./Controls";
import { type Command, commandOf, placeOf } from "./keyboard";
import styles from "./Player.module.css";
import { readPlace } from "./places";
import { sameFile } from "./sources";
import { findPlayer } from "./stream/open";
import { type CaptionSource, useCaptions } from "./useCaptions";
import { useChapters } from "./useChapters";
import { useFiles } from "./useFiles";
import { useFullscreen } from "./useFullscreen";
import { useIdle } from "./useIdle";
import { useMediaSession } from "./useMediaSession";
import { usePlace } from "./usePlace";
import { usePlayback } from "./usePlayback";
import { usePosition } from "./usePosition";
import { useRemote } from "./useRemote";
import { useSettings } from "./useSettings";
import { type AskStoryboard, useStoryboard } from "./useStoryboard";
import { type Streaming, useStream } from "./useStream";

export interface PlayerProps {
  id: string;
  title: string;
  poster: string | null;
  /** Seconds: of all of it, even while only a part can be played; 0 where it is not known. */
  length: number;
  /** Of the picture, in pixels; null where it is not known, and of sound. */
  shape: { width: number; height: number } | null;
  /** Then there is no picture but the poster. */
  isSound: boolean;
  /** Whether it is as large as what it stands in, whatever its shape. */
  fills?: boolean;
  /** Whether it plays without being asked to. */
  playsAtOnce?: boolean;
  /** Null where only files can be played. */
  streaming: Streaming | null;
  /** Files; they are played where the stream cannot be. */
  renditions: readonly Rendition[];
  captions?: CaptionSource | null;
  /** Reads the chapters; null where they are not known yet. The same function for the same ones. */
  chapters?: (() => Promise<string | null>) | null;
  /** Asks for small pictures of it; null where there are none. */
  onStoryboard?: AskStoryboard | null;
  /** Makes the picture of a time, in seconds, the poster; null for those who may not. */
  onPoster?: ((seconds: number) => void) | null;
  /** Asks for the renditions with fresh addresses: those at hand have run out. */
  onExpired: () => Promise<readonly Rendition[]>;
  /** Finds what plays a stream; another one in tests. */
  find?: typeof findPlayer;
}

export { prepare } from "./stream/open";

const NO_FILES: readonly Rendition[] = [];
/** Who waits within so many seconds of what is ready waits for the encoder, not for the network. */
const NEAR_S = 3;

/** Plays a video, or a sound below its picture. */
export function Player({
  id,
  title,
  shape,
  isSound,
  fills = false,
  playsAtOnce = false,
  streaming,
  renditions,
  onStoryboard = null,
  onPoster = null,
  onExpired,
  find = findPlayer,
  ...props
}: PlayerProps) {
  const playerRef = useRef<HTMLElement>(null);
  const videoRef = useRef<HTMLVideoElement>(null);
  const poster = usePoster(props.poster);
  const [started, setStarted] = useState(false);
  const [menuOpen, setMenuOpen] = useState(false);
  const { playback, refresh } = usePlayback(videoRef);
  // Before the source, so that the first file is opened with the speed that was set last.
  useSettings(videoRef);
  // Before the source too, so that it reads the element before that is emptied.
  usePlace(videoRef, id, props.length);
  const [place] = useState(() => readPlace(id));
  const position = usePosition(videoRef, place, playsAtOnce);
  const streamed = useStream({
    videoRef,
    streaming,
    position,
    hasFiles: renditions.length > 0,
    find,
  });
  const files = useFiles({
    videoRef,
    renditions: streamed === null ? renditions : NO_FILES,
    position,
    onExpired,
  });
  const sourcing = streamed ?? files;
  const captions = useCaptions(videoRef, props.captions ?? null);
  const chapters = useChapters(props.chapters ?? null);
  const storyboard = useStoryboard(onStoryboard);
  const fullscreen = useFullscreen(playerRef, videoRef);
  const { idle, stir, rest } = useIdle();
  const { edge } = sourcing;
  // What still grows tells what is there of it, which is not its length.
  const duration =
    edge === null ? (playback.duration ?? props.length) : Math.max(props.length, edge);
  const remote = useRemote(videoRef, edge ?? duration, refresh);
  // What is loaded plays on: nobody has to be told before that is at its end.
  const broken = sourcing.failure !== null && (playback.waiting || playback.paused);
  const isAtEdge = edge !== null && edge - playback.time < NEAR_S;
  const hidden = idle && !playback.paused && !menuOpen && !broken;

  const perform = (command: Command) => {
    stir();
    switch (command.do) {
      case "play":
        remote.play();
        break;
      case "seekBy":
        remote.seekBy(command.seconds);
        break;
      case "seekTo":
        remote.seekTo(command.fraction * duration);
        break;
      case "volumeBy":
        // Turning down what is silent must not make it sound.
        if (command.step > 0 || !playback.muted) remote.setVolume(playback.volume + command.step);
        break;
      case "mute":
        remote.toggleMute();
        break;
      case "fullscreen":
        fullscreen.toggle();
        break;
      case "captions":
        captions.toggle();
    }
  };
  useKeys(playerRef, perform);
  useMediaSession({ title, poster, started, ...remote });

  const tapped = (event: PointerEvent) => {
    if (event.button !== 0) return;
    // A finger cannot hover: its first tap shows what there is to press, the next hides it.
    if (event.pointerType === "touch" && !playback.paused) {
      if (hidden) stir();
      else rest();
    } else remote.play();
  };

  const ratio = shape === null ? 16 / 9 : shape.width / shape.height;
  return (
    <section
      ref={playerRef}
      className={styles.player}
      style={{ "--ratio": ratio } as CSSProperties}
      aria-label={texts.player.name(title)}
      // So that a click on the picture puts the focus here, and its keys work.
      tabIndex={-1}
      data-hidden={hidden || undefined}
      data-sound={isSound || undefined}
      data-fills={fills || undefined}
      onPointerMove={({ pointerType }) => {
        if (pointerType !== "touch") stir();
      }}
      onPointerLeave={({ pointerType }) => {
        if (pointerType !== "touch") rest();
      }}
    >
      <video
        ref={videoRef}
        className={styles.video}
        aria-label={title}
        playsInline
        preload="metadata"
        // Sound has no other picture.
        poster={started && !isSound ? undefined : (poster ?? undefined)}
        onPlay={() => {
          setStarted(true);
          stir();
        }}
      />
      <div
        className={styles.picture}
        onPointerUp={tapped}
        onDoubleClick={fullscreen.supported && !isSound ? fullscreen.toggle : undefined}
      >
        {!started && !broken && (
          <span className={styles.start}>
            <Play aria-hidden />
          </span>
        )}
      </div>
      <div role="status" className={styles.status}>
        {(playback.waiting || sourcing.renewing) && !broken && (
          <>
            <span className={styles.spinner} />
            {isAtEdge ? (
              <span className={styles.words}>{texts.player.atEdge}</span>
            ) : (
              <span className="visually-hidden">{texts.player.loading}</span>
            )}
          </>
        )}
      </div>
      {broken && <Failure failure={sourcing.failure} onRetry={sourcing.retry} />}
      <div className={styles.controls} onFocus={stir}>
        <Controls
          playback={playback}
          duration={duration}
          remote={remote}
          sourcing={sourcing}
          captions={captions}
          chapters={chapters}
          fullscreen={fullscreen}
          isSound={isSound}
          onPictureInPicture={
            document.pictureInPictureEnabled ? () => void float(videoRef.current) : null
          }
          storyboard={storyboard}
          onPoster={onPoster}
          playerRef={playerRef}
          onMenuOpen={setMenuOpen}
        />
      </div>
    </section>
  );
}

function Failure({ failure, onRetry }: { failure: unknown; onRetry: () => void }) {
  const refused = isApiError(failure) ? failure : null;
  return (
    <div className={styles.failure}>
      <Callout
        tone="danger"
        title={texts.player.failed}
        code={refused?.code}
        actions={<Button onClick={onRetry}>{texts.app.tryAgain}</Button>}
      >
        <p>{refused === null ? texts.player.failedHint : wordsFor(refused)}</p>
      </Callout>
    </div>
  );
}

/** Listens to the keys of the whole page for as long as the player is on it. */
function useKeys(
  playerRef: RefObject<HTMLElement | null>,
  perform: (command: Command) => void,
): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target) || playerRef.current === null) return;
    // What has the whole screen has the keys, wherever the focus was left.
    const command = commandOf(event, placeOf(event.target, playerRef.current));
    if (command === null) return;
    event.preventDefault();
    perform(command);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      pressed(event);
    };
    window.addEventListener("keydown", listen);
    return () => {
      window.removeEventListener("keydown", listen);
    };
  }, []);
}

/** The same address for as long as it is the same picture: it is signed again every few minutes. */
function usePoster(poster: string | null): string | null {
  const [steady, setSteady] = useState(poster);
  if (sameFile(poster, steady)) return steady;
  setSteady(poster);
  return poster;
}

async function float(video: HTMLVideoElement | null): Promise<void> {
  try {
    if (document.pictureInPictureElement !== null) await document.exitPictureInPicture();
    else await video?.requestPictureInPicture();
  } catch {
    // Not before anything is loaded: pressing it again later works.
  }
}
