import { useEffect, useRef } from "react";

import { texts } from "@/app/texts";

import styles from "./TitleEditor.module.css";
import { MAX_TITLE } from "./useRename";

interface Props {
  title: string;
  onSave: (title: string) => void;
  onCancel: () => void;
}

/** The title as a line to type in: Enter and leaving it save, Escape leaves it as it was. */
export function TitleEditor({ title, onSave, onCancel }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const end = (done: () => void) => {
    // Being taken away makes a field lose the focus, which is no second wish to save.
    if (over.current) return;
    over.current = true;
    done();
  };
  return (
    <input
      ref={field}
      className={styles.editor}
      dir="auto"
      aria-label={texts.library.newTitle}
      defaultValue={title}
      maxLength={MAX_TITLE}
      autoComplete="off"
      enterKeyHint="done"
      onKeyDown={(event) => {
        // Enter also ends what is being composed in other scripts; that is no wish to save.
        if (event.nativeEvent.isComposing) return;
        const { value } = event.currentTarget;
        if (event.key === "Enter")
          end(() => {
            onSave(value);
          });
        else if (event.key === "Escape") end(onCancel);
        else return;
        event.preventDefault();
      }}
      onBlur={(event) => {
        const { value } = event.currentTarget;
        end(() => {
          onSave(value);
        });
      }}
    />
  );
}
