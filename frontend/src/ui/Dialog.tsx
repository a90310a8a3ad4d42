import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { texts } from "@/app/texts";

import { Button } from "./Button";
import styles from "./Dialog.module.css";
import iconButton from "./IconButton.module.css";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children?: ReactNode;
  /** Buttons at the bottom. */
  actions?: ReactNode;
}

/** A window over the page that wants an answer. */
export function Dialog({ open, onOpenChange, title, children, actions }: Props) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={styles.popup}>
          <header className={styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close className={iconButton.button} aria-label={texts.app.close}>
              <X />
            </Base.Close>
          </header>
          <div className={styles.body}>{children}</div>
          {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps extends Omit<Props, "actions" | "children"> {
  hint: string;
  confirm: string;
  busy?: boolean;
  onConfirm: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ hint, confirm, busy = false, onConfirm, ...rest }: ConfirmProps) {
  return (
    <Dialog
      {...rest}
      actions={
        <>
          <Button
            onClick={() => {
              rest.onOpenChange(false);
            }}
          >
            {texts.app.cancel}
          </Button>
          <Button variant="danger" busy={busy} onClick={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      <Base.Description>{hint}</Base.Description>
    </Dialog>
  );
}
