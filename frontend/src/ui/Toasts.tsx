import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";

import { buttonClass } from "./Button";
import iconButton from "./IconButton.module.css";
import styles from "./Toasts.module.css";

// One for the whole page, so that what is no component can say something too.
const toasts = Toast.createToastManager();

export interface ToastOptions {
  title: string;
  description?: string;
  /** One thing to do about it, such as undoing it. */
  action?: { label: string; onClick: () => void };
  /** Milliseconds; 5 s by default. */
  timeout?: number;
  onClose?: () => void;
}

/** Say something in passing; returns its id. */
export function say({ action, ...options }: ToastOptions): string {
  const id: string = toasts.add({
    ...options,
    ...(action === undefined
      ? {}
      : {
          actionProps: {
            children: action.label,
            onClick: () => {
              action.onClick();
              toasts.close(id);
            },
          },
        }),
  });
  return id;
}

/** Say that something did not work. */
export function complain(error: unknown): void {
  toasts.add({ title: wordsFor(error), type: "error", priority: "high", timeout: 8000 });
}

export function dismiss(id: string): void {
  toasts.close(id);
}

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={toasts}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast}>
      <Toast.Content className={styles.content}>
        <div className={styles.words}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.description} />
        </div>
        <Toast.Action className={`${buttonClass("quiet")} ${styles.action ?? ""}`} />
        <Toast.Close className={iconButton.button} aria-label={texts.app.close}>
          <X />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
