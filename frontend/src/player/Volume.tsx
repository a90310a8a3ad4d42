import { Volume1, Volume2, VolumeX } from "lucide-react";

import { percent } from "@/app/format";
import { texts } from "@/app/texts";
import { IconButton } from "@/ui/IconButton";

import { VOLUME_STEP } from "./keyboard";
import styles from "./Volume.module.css";

interface Props {
  /** 0 to 1. */
  volume: number;
  muted: boolean;
  onVolume: (volume: number) => void;
  onMute: () => void;
}

/** Sound on or off, and how loud. */
export function Volume({ volume, muted, onVolume, onMute }: Props) {
  const silent = muted || volume === 0;
  const loud = silent ? 0 : volume;
  return (
    <div className={styles.volume}>
      <IconButton
        label={silent ? texts.player.unmute : texts.player.mute}
        icon={silent ? <VolumeX /> : volume < 0.5 ? <Volume1 /> : <Volume2 />}
        aria-keyshortcuts="m"
        onClick={onMute}
      />
      <div className={styles.slider}>
        <div className={styles.track}>
          <span className={styles.fill} style={{ transform: `scaleX(${loud})` }} />
        </div>
        <input
          type="range"
          className={styles.input}
          aria-label={texts.player.volume}
          aria-valuetext={percent(Math.round(loud * 100))}
          min={0}
          max={1}
          step={VOLUME_STEP}
          value={loud}
          onChange={(event) => {
            onVolume(event.target.valueAsNumber);
          }}
        />
      </div>
    </div>
  );
}
