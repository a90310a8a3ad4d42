import { duration as lengthOf } from "@/app/format";
import { texts } from "@/app/texts";

import { positionOf, type Range, within } from "./clock";
import styles from "./TimeBar.module.css";

interface Props {
  /** Seconds. */
  time: number;
  duration: number;
  loaded: readonly Range[];
  onSeek: (seconds: number) => void;
}

const STEP_S = 5;
const STEPS: Record<string, number> = {
  ArrowLeft: -STEP_S,
  ArrowDown: -STEP_S,
  ArrowRight: STEP_S,
  ArrowUp: STEP_S,
};

/** Where the video is, what of it is loaded, and where to go. */
export function TimeBar({ time, duration, loaded, onSeek }: Props) {
  const played = duration > 0 ? within(time / duration, 0, 1) : 0;
  return (
    <div className={styles.bar}>
      <div className={styles.track}>
        {loaded.map(({ from, to }) => (
          <span
            key={from}
            className={styles.loaded}
            style={{ insetInlineStart: `${from * 100}%`, width: `${(to - from) * 100}%` }}
          />
        ))}
        <span className={styles.played} style={{ transform: `scaleX(${played})` }} />
      </div>
      <span className={styles.knob} style={{ insetInlineStart: `${played * 100}%` }} />
      <input
        type="range"
        className={styles.input}
        aria-label={texts.player.position}
        aria-valuetext={texts.player.positionOf(positionOf(time, duration), lengthOf(duration))}
        min={0}
        max={duration}
        step="any"
        value={Math.min(time, duration)}
        onChange={(event) => {
          onSeek(event.target.valueAsNumber);
        }}
        onKeyDown={(event) => {
          const step = STEPS[event.key];
          if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          // Its own step would be a hundredth of the video.
          event.preventDefault();
          onSeek(within(time + step, 0, duration));
        }}
      />
    </div>
  );
}
