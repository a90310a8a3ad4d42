import {
  AudioLines,
  Captions,
  ImagePlus,
  Maximize,
  Minimize,
  Pause,
  PictureInPicture2,
  Play,
  RotateCcw,
  TableOfContents,
} from "lucide-react";
import type { RefObject } from "react";

import { duration as lengthOf } from "@/app/format";
import { texts } from "@/app/texts";
import { IconButton } from "@/ui/IconButton";

import { type Chapter, chapterAt } from "./chapters";
import { clock, positionOf } from "./clock";
import styles from "./Controls.module.css";
import { OptionMenu } from "./OptionMenu";
import { RATES } from "./preferences";
import type { Sourcing } from "./sourcing";
import { TimeBar } from "./TimeBar";
import type { Captions as CaptionsState } from "./useCaptions";
import type { Fullscreen } from "./useFullscreen";
import type { Playback } from "./usePlayback";
import type { Remote } from "./useRemote";
import type { Storyboard } from "./useStoryboard";
import { Volume } from "./Volume";

interface Props {
  playback: Playback;
  /** Seconds: of all of it, whether it can be played already or not. */
  duration: number;
  remote: Remote;
  sourcing: Sourcing;
  captions: CaptionsState;
  chapters: readonly Chapter[];
  fullscreen: Fullscreen;
  /** Then there is nothing to enlarge, and one quality. */
  isSound: boolean;
  /** Plays in a small window of its own; null where that cannot be. */
  onPictureInPicture: (() => void) | null;
  storyboard: Storyboard;
  /** Makes the present picture the poster; null for those who may not. */
  onPoster: ((seconds: number) => void) | null;
  playerRef: RefObject<HTMLElement | null>;
  onMenuOpen: (open: boolean) => void;
}

const OFF = "off";

/** The bar below the picture. */
export function Controls(props: Props) {
  const { playback, duration, remote, fullscreen, isSound, onPictureInPicture, onPoster } = props;
  const { edge } = props.sourcing;
  const { paused, ended, time } = playback;
  const play = ended ? texts.player.replay : paused ? texts.player.play : texts.player.pause;
  return (
    <div className={styles.controls} dir="ltr">
      <TimeBar
        time={time}
        duration={duration}
        loaded={playback.loaded}
        edge={edge}
        chapters={props.chapters}
        storyboard={props.storyboard}
        onSeek={remote.seekTo}
      />
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
          {edge !== null && (
            <span className={styles.edge}> · {texts.player.readyTo(clock(edge))}</span>
          )}
        </span>
        <Menus {...props} />
        {onPoster !== null && !isSound && (
          <IconButton
            label={texts.player.usePicture}
            icon={<ImagePlus />}
            className={styles.small}
            onClick={() => {
              onPoster(time);
            }}
          />
        )}
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

function Menus({ playback, remote, sourcing, captions, chapters, ...props }: Props) {
  const shared = {
    container: props.fullscreen.active ? props.playerRef : undefined,
    onOpenChange: props.onMenuOpen,
  };
  return (
    <>
      {captions.options.length > 0 && (
        <OptionMenu
          {...shared}
          label={texts.player.captions}
          face={<Captions data-off={captions.shown === null || undefined} />}
          options={[
            { value: OFF, label: texts.player.captionsOff },
            ...captions.options.map(({ id, label }) => ({ value: id, label })),
          ]}
          value={captions.shown ?? OFF}
          onChange={(value) => {
            captions.show(value === OFF ? null : value);
          }}
        />
      )}
      {chapters.length > 0 && (
        <OptionMenu
          {...shared}
          label={texts.player.chapters}
          face={<TableOfContents />}
          options={chapters.map(({ title, start }, index) => ({
            value: String(index),
            label: title,
            hint: clock(start),
          }))}
          value={String(chapterAt(chapters, playback.time))}
          onChange={(value) => {
            remote.seekTo(chapters[Number(value)]?.start ?? 0);
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
      {sourcing.sounds.length > 1 && (
        <OptionMenu
          {...shared}
          label={texts.player.sounds}
          face={<AudioLines />}
          options={sourcing.sounds}
          value={sourcing.sound}
          onChange={sourcing.chooseSound}
        />
      )}
      {sourcing.qualities.length > 0 && !props.isSound && (
        <OptionMenu
          {...shared}
          label={texts.player.qualityOf(sourcing.face)}
          face={sourcing.face}
          options={sourcing.qualities}
          value={sourcing.quality}
          onChange={sourcing.chooseQuality}
        />
      )}
    </>
  );
}

function rateWords(rate: number): string {
  return `${rate.toLocaleString()}×`;
}
