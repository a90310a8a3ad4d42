import styles from "./Cells.module.css";

interface Props {
  /** How full each stretch of the file is, 0 to 1. */
  cells: readonly number[];
}

/** A bar made of the parts themselves: each fills as its part lands. */
export function Cells({ cells }: Props) {
  const count = Math.max(1, cells.length);
  // Between many cells a gap would be more than the cells.
  const gap = count > 50 ? 0.12 : count > 1 ? 0.08 * (count / 20) : 0;
  return (
    <svg
      className={styles.bar}
      viewBox={`0 0 ${count} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {(cells.length === 0 ? [0] : cells).map((fill, at) => (
        <g key={at}>
          <rect className={styles.empty} x={at} y="0" width={1 - Math.min(gap, 0.2)} height="1" />
          <rect
            className={styles.full}
            x={at}
            y="0"
            width={(1 - Math.min(gap, 0.2)) * fill}
            height="1"
          />
        </g>
      ))}
    </svg>
  );
}
