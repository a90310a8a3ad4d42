import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";

import { answered } from "@/api/client";
import { isApiError } from "@/api/problem";
import { textIn } from "@/app/forms";
import { useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { pendingDeletes } from "@/library/pendingDeletes";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Dialog } from "@/ui/Dialog";
import { PasswordField } from "@/ui/PasswordField";
import { TextField } from "@/ui/TextField";

import styles from "./SettingsPage.module.css";

interface Props {
  email: string;
  /** How much is stored, in words; null when it is nothing, or not known. */
  stored: string | null;
}

/** The end of the account, for good. */
export function DeleteSection({ email, stored }: Props) {
  const [asking, setAsking] = useState(false);
  const words = texts.settings;
  return (
    <section aria-labelledby="delete" className={styles.section}>
      <h2 id="delete">{words.deleteAccount}</h2>
      <p className={styles.hint}>{words.deleteHint}</p>
      <div>
        <Button
          onClick={() => {
            setAsking(true);
          }}
        >
          {words.deleteAccount} …
        </Button>
      </div>
      {asking && (
        <Question
          email={email}
          stored={stored}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </section>
  );
}

function Question({ email, stored, onClose }: Props & { onClose: () => void }) {
  const { api, session } = useServices();
  const form = useId();
  const [mistyped, setMistyped] = useState(false);
  const words = texts.settings;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (password: string) => answered(api.POST("/v1/me/delete", { body: { password } })),
    onSuccess: () => {
      // They are gone with everything else.
      pendingDeletes.forget();
      session.accountDeleted();
    },
  });
  const passwordError =
    wordsForField(error, "password") ??
    (isApiError(error, "password_wrong") ? wordsFor(error) : undefined);
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open && !isPending) onClose();
      }}
      title={words.deleteTitle}
      actions={
        <>
          <Button disabled={isPending} onClick={onClose}>
            {texts.app.cancel}
          </Button>
          <Button type="submit" form={form} variant="danger" busy={isPending}>
            {words.deleteAccount}
          </Button>
        </>
      }
    >
      <form
        id={form}
        noValidate
        className={styles.question}
        onSubmit={(event) => {
          event.preventDefault();
          const typed = new FormData(event.currentTarget);
          const wrong = textIn(typed, "email").trim().toLowerCase() !== email.toLowerCase();
          setMistyped(wrong);
          if (!wrong) mutate(textIn(typed, "password"));
        }}
      >
        {error !== null && passwordError === undefined && (
          <Callout
            tone="danger"
            title={wordsFor(error)}
            code={isApiError(error) ? error.code : undefined}
          />
        )}
        <p>{words.deleteLost(stored)}</p>
        <p>{words.deleteSessions}</p>
        <p>{words.deleteKeep}</p>
        <TextField
          label={words.deleteType(email)}
          name="email"
          type="text"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          error={mistyped ? words.deleteTypeWrong : undefined}
        />
        <PasswordField
          label={texts.auth.password}
          name="password"
          autoComplete="current-password"
          required
          error={passwordError}
        />
      </form>
    </Dialog>
  );
}
