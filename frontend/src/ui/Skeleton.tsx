import styles from "./Skeleton.module.css";

/** A grey shape where something will be; sizes are any CSS length. */
export function Skeleton({ width = "100%", height = "1em" }: { width?: string; height?: string }) {
  return <span aria-hidden className={styles.skeleton} style={{ width, height }} />;
}
