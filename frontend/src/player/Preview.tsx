import { clock } from "./clock";
import styles from "./Preview.module.css";
import type { Tile } from "./storyboard";

interface Props {
  tile: Tile;
  /** Of the chapter. */
  title: string | undefined;
  /** Seconds. */
  time: number;
  /** Where on the bar it is, from 0 to 1. */
  part: number;
  /** The sheet cannot be loaded. */
  onError: () => void;
}

/** What is to be seen at a time, above the time bar. */
export function Preview({ tile, title, time, part, onError }: Props) {
  const half = tile.width / 2;
  return (
    <div
      className={styles.preview}
      style={{ left: `clamp(${half}px, ${part * 100}%, 100% - ${half}px)` }}
      aria-hidden
    >
      {title !== undefined && <span className={styles.title}>{title}</span>}
      <div className={styles.tile} style={{ width: tile.width, height: tile.height }}>
        <img
          key={tile.url}
          src={tile.url}
          alt=""
          className={styles.sheet}
          style={{ left: -tile.x, top: -tile.y }}
          draggable={false}
          onError={onError}
        />
      </div>
      <span className={styles.time}>{clock(time)}</span>
    </div>
  );
}
