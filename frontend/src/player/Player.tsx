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
import { sameFile } from "./sources";
import { type Track, useCaptions } from "./useCaptions";
import { useFullscreen } from "./useFullscreen";
import { useIdle } from "./useIdle";
import { useMediaSession } from "./useMediaSession";
import { usePlayback } from "./usePlayback";
import { useRemote } from "./useRemote";
import { useSettings } from "./useSettings";
import { useSource } from "./useSource";

export interface PlayerProps {
  title: string;
  poster: string | null;
  /** At least one. */
  renditions: readonly Rendition[];
  /** Captions; none for now. */
  tracks?: readonly Track[];
  /** Asks for the renditions with fresh addresses: those at hand have run out. */
  onExpired: () => Promise<readonly Rendition[]>;
}

const NO_TRACKS: readonly Track[] = [];

/** Plays a video, or a sound below its picture. */
export function Player({
  title,
  renditions,
  tracks = NO_TRACKS,
  onExpired,
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
  const sourcing = useSource({ videoRef, renditions, onExpired });
  const captions = useCaptions(videoRef, tracks);
  const fullscreen = useFullscreen(playerRef, videoRef);
  const { idle, stir, rest } = useIdle();
  const length = renditions[0]?.duration ?? 0;
  const remote = useRemote(videoRef, length, refresh);
  const broken = sourcing.failure !== null;
  const isSound = renditions[0]?.video_codec === null;
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
        remote.seekTo(command.fraction * (playback.duration ?? length));
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

  const { width, height } = sourcing.current ?? { width: 16, height: 9 };
  const ratio = width > 0 && height > 0 ? width / height : 16 / 9;
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
        // Captions from the store are read only with its leave.
        crossOrigin={tracks.length > 0 ? "anonymous" : undefined}
        onPlay={() => {
          setStarted(true);
          stir();
        }}
      >
        {tracks.map(({ src, srclang, label }) => (
          <track key={srclang} kind="captions" src={src} srcLang={srclang} label={label} />
        ))}
      </video>
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
            <span className="visually-hidden">{texts.player.loading}</span>
          </>
        )}
      </div>
      {broken && <Failure failure={sourcing.failure} onRetry={sourcing.retry} />}
      <div className={styles.controls} onFocus={stir}>
        <Controls
          playback={playback}
          length={length}
          remote={remote}
          sourcing={sourcing}
          tracks={tracks}
          captions={captions}
          fullscreen={fullscreen}
          isSound={isSound}
          onPictureInPicture={
            document.pictureInPictureEnabled ? () => void float(videoRef.current) : null
          }
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
