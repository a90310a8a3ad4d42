import { type PointerEvent, useState } from "react";

import { duration as lengthOf } from "@/app/format";
import { texts } from "@/app/texts";

import { type Chapter, chapterAt } from "./chapters";
import { clock, partOf, positionOf, type Range, within } from "./clock";
import { Preview } from "./Preview";
import styles from "./TimeBar.module.css";
import type { Storyboard } from "./useStoryboard";

interface Props {
  /** Seconds. */
  time: number;
  duration: number;
  loaded: readonly Range[];
  /** Up to where it can be played while the rest is made; null: to its end. */
  edge: number | null;
  chapters: readonly Chapter[];
  storyboard: Storyboard;
  onSeek: (seconds: number) => void;
}

const STEP_S = 5;
/** The knob of an input is so wide, in pixels: half of it lies between its edge and its ends. */
const THUMB = 16;
const STEPS: Record<string, number> = {
  ArrowLeft: -STEP_S,
  ArrowDown: -STEP_S,
  ArrowRight: STEP_S,
  ArrowUp: STEP_S,
};

/** Where the video is, what of it is loaded, and where to go. */
export function TimeBar(props: Props) {
  const { time, duration, loaded, edge, chapters, storyboard, onSeek } = props;
  // Where somebody points at, or drags to, as a part of the whole.
  const [pointed, setPointed] = useState<number | null>(null);
  const tile = pointed === null ? null : storyboard.at(pointed * duration);
  const title =
    pointed === null ? undefined : chapters[chapterAt(chapters, pointed * duration)]?.title;
  const point = ({ currentTarget, clientX }: PointerEvent) => {
    storyboard.want();
    const { left, width } = currentTarget.getBoundingClientRect();
    setPointed(partOf(clientX - left - THUMB / 2, width - THUMB));
  };
  const leave = () => {
    setPointed(null);
  };
  const played = partOf(time, duration);
  const place = texts.player.positionOf(positionOf(time, duration), lengthOf(duration));
  return (
    <div
      className={styles.bar}
      onPointerMove={point}
      onPointerDown={point}
      onPointerLeave={leave}
      onPointerCancel={leave}
      onPointerUp={({ pointerType }) => {
        if (pointerType === "touch") leave();
      }}
    >
      {tile !== null && pointed !== null && (
        <Preview
          tile={tile}
          title={title}
          time={pointed * duration}
          part={pointed}
          onError={() => {
            storyboard.drop();
          }}
        />
      )}
      <div className={styles.track}>
        {edge !== null && (
          <span
            className={styles.unmade}
            style={{ insetInlineStart: percent(partOf(edge, duration)) }}
          />
        )}
        {loaded.map(({ from, to }) => (
          <span
            key={from}
            className={styles.loaded}
            style={{
              insetInlineStart: percent(partOf(from, duration)),
              width: percent(partOf(to, duration) - partOf(from, duration)),
            }}
          />
        ))}
        <span className={styles.played} style={{ transform: `scaleX(${played})` }} />
        {chapters
          .filter(({ start }) => start > 0 && start < duration)
          .map(({ start }) => (
            <span
              key={start}
              className={styles.mark}
              style={{ insetInlineStart: percent(partOf(start, duration)) }}
            />
          ))}
      </div>
      <span className={styles.knob} style={{ insetInlineStart: percent(played) }} />
      {tile === null && pointed !== null && title !== undefined && (
        // Beside the pointer, and never beyond an end of the bar.
        <span
          aria-hidden
          className={styles.title}
          style={{ insetInlineStart: percent(pointed), translate: `${-pointed * 100}%` }}
        >
          {title}
        </span>
      )}
      <input
        type="range"
        className={styles.input}
        aria-label={texts.player.position}
        aria-valuetext={edge === null ? place : `${place}, ${texts.player.readyTo(clock(edge))}`}
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

function percent(part: number): string {
  return `${part * 100}%`;
}
