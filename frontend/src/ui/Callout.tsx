import { AlertTriangle, Info } from "lucide-react";
import type { ReactNode } from "react";

import styles from "./Callout.module.css";

interface Props {
  tone?: "info" | "warning" | "danger";
  title: string;
  children?: ReactNode;
  /** A button that does what is advised. */
  actions?: ReactNode;
  /** Small beneath, to quote in a ticket. */
  code?: string | undefined;
}

/** What happened and what to do about it. */
export function Callout({ tone = "info", title, children, actions, code }: Props) {
  return (
    <div role={tone === "info" ? "status" : "alert"} className={styles.callout} data-tone={tone}>
      {tone === "info" ? <Info /> : <AlertTriangle />}
      <div className={styles.words}>
        <p className={styles.title}>{title}</p>
        {children}
        {code !== undefined && <code className={styles.code}>{code}</code>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
