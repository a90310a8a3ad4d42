import type { ComponentProps, ReactNode } from "react";

import styles from "./Button.module.css";

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: "primary" | "plain" | "quiet" | "danger";
  icon?: ReactNode;
  /** Something is on its way: the button stays where it is and cannot be pressed again. */
  busy?: boolean;
}

export function Button({ variant = "plain", icon, busy = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={[styles.button, styles[variant], rest.className].filter(Boolean).join(" ")}
      aria-busy={busy || undefined}
      disabled={busy || rest.disabled}
    >
      {icon}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

/** For links that look like buttons. */
export function buttonClass(variant: NonNullable<ButtonProps["variant"]> = "plain"): string {
  return `${styles.button ?? ""} ${styles[variant] ?? ""}`;
}
