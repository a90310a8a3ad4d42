import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

import { answered } from "@/api/client";
import { isApiError } from "@/api/problem";
import { textIn } from "@/app/forms";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { PasswordField } from "@/ui/PasswordField";
import { say } from "@/ui/Toasts";

import styles from "./SettingsPage.module.css";

/** Changes the password; all other sessions end. */
export function PasswordSection({ email }: { email: string }) {
  const api = useApi();
  const queryClient = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const words = texts.settings;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (wanted: { current_password: string; new_password: string }) =>
      answered(api.POST("/v1/auth/password", { body: wanted })),
    onSuccess: () => {
      form.current?.reset();
      say({ title: words.passwordChanged, description: words.passwordChangedHint });
    },
    // Also when it was refused: perhaps the answer alone was lost.
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.sessions }),
  });
  const currentError =
    wordsForField(error, "current_password") ??
    (isApiError(error, "password_wrong") ? wordsFor(error) : undefined);
  const newError =
    wordsForField(error, "new_password") ??
    (isApiError(error, "password_rejected") ? error.message : undefined);
  return (
    <section aria-labelledby="password" className={styles.section}>
      <h2 id="password">{words.password}</h2>
      <p className={styles.hint}>{words.passwordHint}</p>
      <form
        ref={form}
        noValidate
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          const typed = new FormData(event.currentTarget);
          mutate({
            current_password: textIn(typed, "current"),
            new_password: textIn(typed, "new"),
          });
        }}
      >
        {error !== null && currentError === undefined && newError === undefined && (
          <Callout tone="danger" title={wordsFor(error)} />
        )}
        {/* Tells a password manager whose password it is. */}
        <input type="text" hidden readOnly autoComplete="username" value={email} />
        <PasswordField
          label={words.currentPassword}
          name="current"
          autoComplete="current-password"
          required
          error={currentError}
        />
        <PasswordField
          label={words.newPassword}
          name="new"
          autoComplete="new-password"
          required
          hint={texts.auth.passwordHint}
          error={newError}
        />
        <div>
          <Button type="submit" busy={isPending}>
            {words.changePassword}
          </Button>
        </div>
      </form>
    </section>
  );
}
