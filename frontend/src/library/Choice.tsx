import { ChevronDown } from "lucide-react";
import { useId } from "react";

import styles from "./Choice.module.css";

interface Props<T extends string> {
  label: string;
  value: T;
  /** What there is to choose from, with its words. */
  options: Readonly<Record<T, string>>;
  onChange: (value: T) => void;
}

/** One of a few, with the browser's own list: a phone shows its wheel, and keys work as everywhere. */
export function Choice<T extends string>({ label, value, options, onChange }: Props<T>) {
  const id = useId();
  return (
    <span className={styles.choice}>
      <label htmlFor={id} className="visually-hidden">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          onChange(event.target.value as T);
        }}
      >
        {(Object.entries(options) as [T, string][]).map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
      <ChevronDown aria-hidden />
    </span>
  );
}
