import { Field } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";

import styles from "./TextField.module.css";

export interface TextFieldProps extends Omit<ComponentProps<typeof Field.Control>, "className"> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  /** What stands at the end of the field, such as a button that shows the password. */
  end?: ReactNode;
}

/** A line of text with its name, a hint, and what is wrong with it. */
export function TextField({ label, hint, error, end, name, ...rest }: TextFieldProps) {
  return (
    <Field.Root className={styles.field} invalid={error !== undefined} name={name}>
      <Field.Label className={styles.label}>{label}</Field.Label>
      <div className={styles.box}>
        <Field.Control {...rest} className={styles.control} />
        {end}
      </div>
      {error !== undefined ? (
        <Field.Error match className={styles.error}>
          {error}
        </Field.Error>
      ) : (
        hint !== undefined && <Field.Description className={styles.hint}>{hint}</Field.Description>
      )}
    </Field.Root>
  );
}
