import { Menu } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactNode, RefObject } from "react";

import styles from "./OptionMenu.module.css";

export interface Option {
  value: string;
  label: string;
  /** Small beside it. */
  hint?: string;
}

interface Props {
  /** Its name, for screen readers. */
  label: string;
  /** What its button shows. */
  face: ReactNode;
  options: readonly Option[];
  value: string;
  onChange: (value: string) => void;
  /** On the whole screen only what is within this element can be seen. */
  container: RefObject<HTMLElement | null> | undefined;
  onOpenChange: (open: boolean) => void;
}

/** A button that opens a short list of which one holds. */
export function OptionMenu({ label, face, options, value, onChange, ...rest }: Props) {
  return (
    <Menu.Root modal={false} onOpenChange={rest.onOpenChange}>
      <Menu.Trigger aria-label={label} className={styles.trigger}>
        {face}
      </Menu.Trigger>
      <Menu.Portal container={rest.container}>
        <Menu.Positioner side="top" align="end" sideOffset={8} className={styles.positioner}>
          <Menu.Popup className={styles.popup}>
            <Menu.RadioGroup value={value} onValueChange={onChange}>
              {options.map((option) => (
                <Menu.RadioItem
                  key={option.value}
                  value={option.value}
                  className={styles.item}
                  closeOnClick
                >
                  <span className={styles.mark}>
                    <Menu.RadioItemIndicator>
                      <Check aria-hidden />
                    </Menu.RadioItemIndicator>
                  </span>
                  <span className={styles.label}>{option.label}</span>
                  {option.hint !== undefined && <span className={styles.hint}>{option.hint}</span>}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
