import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answered } from "@/api/client";
import type { CreatedInvite } from "@/api/types";
import { textIn } from "@/app/forms";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { Choice } from "@/library/Choice";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { TextField } from "@/ui/TextField";

import styles from "./SettingsPage.module.css";

type Life = keyof typeof texts.settings.inviteLives;

/** Makes an invite: for whom, and for how long. */
export function InviteForm({ onMade }: { onMade: (invite: CreatedInvite) => void }) {
  const api = useApi();
  const [life, setLife] = useState<Life>("604800");
  const words = texts.settings;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (email: string | null) =>
      answered(api.POST("/v1/admin/invites", { body: { email, expires_in_s: Number(life) } })),
    onSuccess: onMade,
  });
  const emailError = wordsForField(error, "email");
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        mutate(textIn(new FormData(event.currentTarget), "email").trim() || null);
      }}
    >
      {error !== null && emailError === undefined && (
        <Callout tone="danger" title={wordsFor(error)} />
      )}
      <TextField
        label={words.inviteEmail}
        name="email"
        type="email"
        autoComplete="off"
        hint={words.inviteEmailHint}
        error={emailError}
      />
      <div className={styles.together}>
        <Choice
          label={words.inviteLife}
          value={life}
          options={words.inviteLives}
          onChange={setLife}
        />
        <Button type="submit" variant="primary" busy={isPending}>
          {words.invite}
        </Button>
      </div>
    </form>
  );
}
