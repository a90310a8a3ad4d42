import {
  Captions,
  Maximize,
  Minimize,
  Pause,
  PictureInPicture2,
  Play,
  RotateCcw,
} from "lucide-react";
import type { RefObject } from "react";

import { bitRate, duration as lengthOf } from "@/app/format";
import { texts } from "@/app/texts";
import { IconButton } from "@/ui/IconButton";

import { positionOf } from "./clock";
import styles from "./Controls.module.css";
import { OptionMenu } from "./OptionMenu";
import { RATES } from "./preferences";
import { TimeBar } from "./TimeBar";
import type { Captions as CaptionsState, Track } from "./useCaptions";
import type { Fullscreen } from "./useFullscreen";
import type { Playback } from "./usePlayback";
import type { Remote } from "./useRemote";
import type { Sourcing } from "./useSource";
import { Volume } from "./Volume";

interface Props {
  playback: Playback;
  /** Seconds, for as long as the file has not told its own. */
  length: number;
  remote: Remote;
  sourcing: Sourcing;
  tracks: readonly Track[];
  captions: CaptionsState;
  fullscreen: Fullscreen;
  /** Then there is nothing to enlarge, and one quality. */
  isSound: boolean;
  /** Plays in a small window of its own; null where that cannot be. */
  onPictureInPicture: (() => void) | null;
  playerRef: RefObject<HTMLElement | null>;
  onMenuOpen: (open: boolean) => void;
}

const OFF = "off";

/** The bar below the picture. */
export function Controls(props: Props) {
  const { playback, remote, fullscreen, isSound, onPictureInPicture } = props;
  const { paused, ended, time } = playback;
  const duration = playback.duration ?? props.length;
  const play = ended ? texts.player.replay : paused ? texts.player.play : texts.player.pause;
  return (
    <div className={styles.controls} dir="ltr">
      <TimeBar time={time} duration={duration} loaded={playback.loaded} onSeek={remote.seekTo} />
      <div className={styles.row}>
        <IconButton
          label={play}
          icon={ended ? <RotateCcw /> : paused ? <Play /> : <Pause />}
          aria-keyshortcuts="k"
          onClick={() => {
            remote.play();
          }}
        />
        <Volume
          volume={playback.volume}
          muted={playback.muted}
          onVolume={remote.setVolume}
          onMute={remote.toggleMute}
        />
        <span className={styles.time}>
          {positionOf(time, duration)} / {lengthOf(duration)}
        </span>
        <Menus {...props} />
        {onPictureInPicture !== null && !isSound && (
          <IconButton
            label={texts.player.pictureInPicture}
            icon={<PictureInPicture2 />}
            className={styles.small}
            onClick={onPictureInPicture}
          />
        )}
        {fullscreen.supported && !isSound && (
          <IconButton
            label={fullscreen.active ? texts.player.leaveFullscreen : texts.player.fullscreen}
            icon={fullscreen.active ? <Minimize /> : <Maximize />}
            aria-keyshortcuts="f"
            onClick={fullscreen.toggle}
          />
        )}
      </div>
    </div>
  );
}

function Menus({ playback, remote, sourcing, tracks, captions, ...props }: Props) {
  const { sources, current } = sourcing;
  const shared = {
    container: props.fullscreen.active ? props.playerRef : undefined,
    onOpenChange: props.onMenuOpen,
  };
  return (
    <>
      {tracks.length > 0 && (
        <OptionMenu
          {...shared}
          label={texts.player.captions}
          face={<Captions data-off={captions.shown === null || undefined} />}
          options={[
            { value: OFF, label: texts.player.captionsOff },
            ...tracks.map(({ srclang, label }) => ({ value: srclang, label })),
          ]}
          value={captions.shown ?? OFF}
          onChange={(value) => {
            captions.show(value === OFF ? null : value);
          }}
        />
      )}
      <OptionMenu
        {...shared}
        label={texts.player.speedOf(rateWords(playback.rate))}
        face={rateWords(playback.rate)}
        options={RATES.map((rate) => ({ value: String(rate), label: rateWords(rate) }))}
        value={String(playback.rate)}
        onChange={(value) => {
          remote.setRate(Number(value));
        }}
      />
      {current !== undefined && !props.isSound && (
        <OptionMenu
          {...shared}
          label={texts.player.qualityOf(current.label)}
          face={current.label}
          options={sources.map(({ name, label, bitrate }) => ({
            value: name,
            label,
            ...(bitrate > 0 ? { hint: bitRate(bitrate) } : {}),
          }))}
          value={current.name}
          onChange={sourcing.select}
        />
      )}
    </>
  );
}

function rateWords(rate: number): string {
  return `${rate.toLocaleString()}×`;
}
