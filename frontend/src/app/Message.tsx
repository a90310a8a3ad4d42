import type { ReactNode } from "react";

import styles from "./Message.module.css";

interface Props {
  title: string;
  hint?: string;
  children?: ReactNode;
}

/** A page that has only something to say. */
export function Message({ title, hint, children }: Props) {
  return (
    <div className={styles.message}>
      <h1>{title}</h1>
      {hint !== undefined && <p>{hint}</p>}
      {children}
    </div>
  );
}
