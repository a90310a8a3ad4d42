import { percent } from "@/app/format";

import styles from "./ProgressBar.module.css";

interface Props {
  /** 0 to 100, or null while it is not known. */
  value: number | null;
  /** What goes on, for screen readers. */
  label: string;
}

/** A bar that fills. Screen readers hear of it at quarters only. */
export function ProgressBar({ value, label }: Props) {
  const quarter = value === null ? 0 : Math.floor(value / 25) * 25;
  return (
    <>
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(value === null ? {} : { "aria-valuenow": Math.floor(value) })}
        className={styles.track}
      >
        <div
          className={styles.bar}
          data-unknown={value === null || undefined}
          style={value === null ? undefined : { transform: `scaleX(${value / 100})` }}
        />
      </div>
      <span className="visually-hidden" role="status">
        {quarter > 0 && quarter < 100 ? `${label}: ${percent(quarter)}` : ""}
      </span>
    </>
  );
}
