import { Menu } from "@base-ui/react/menu";
import { MoreVertical } from "lucide-react";
import type { ReactNode } from "react";

import iconButton from "./IconButton.module.css";
import styles from "./ActionMenu.module.css";

export interface Action {
  label: string;
  icon?: ReactNode;
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
}

interface Props {
  /** The name of the button that opens it. */
  label: string;
  actions: readonly Action[];
  /** What the button shows; three dots by default. */
  icon?: ReactNode;
  className?: string | undefined;
}

/** A button that opens a short list of things to do. */
export function ActionMenu({ label, actions, icon = <MoreVertical />, className }: Props) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={label}
        className={[iconButton.button, className].filter(Boolean).join(" ")}
      >
        {icon}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className={styles.positioner}>
          <Menu.Popup className={styles.popup}>
            {actions.map((action) => (
              <Menu.Item
                key={action.label}
                className={styles.item}
                data-danger={action.danger ?? undefined}
                disabled={action.disabled ?? false}
                onClick={action.onSelect}
              >
                {action.icon}
                {action.label}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
