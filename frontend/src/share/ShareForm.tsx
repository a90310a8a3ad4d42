import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answered } from "@/api/client";
import { textIn } from "@/app/forms";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { Choice } from "@/library/Choice";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { TextField } from "@/ui/TextField";
import { say } from "@/ui/Toasts";

import styles from "./Share.module.css";

type Life = keyof typeof texts.share.lives;

/** Makes a link: for how long, and for which websites. */
export function ShareForm({ videoId, onMade }: { videoId: string; onMade: () => void }) {
  const api = useApi();
  const [life, setLife] = useState<Life>("0");
  const words = texts.share;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (form: FormData) => {
      const seconds = Number(life);
      const body = {
        expires_at: seconds === 0 ? null : new Date(Date.now() + seconds * 1000).toISOString(),
        allowed_origins: textIn(form, "origins")
          .split(/[\s,]+/)
          .filter(Boolean),
        download: form.has("download"),
      };
      const params = { path: { video_id: videoId } };
      return answered(api.POST("/v1/videos/{video_id}/shares", { params, body }));
    },
    onSuccess: () => {
      say({ title: words.made });
      onMade();
    },
  });
  const originsError = wordsForField(error, "allowed_origins");
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        mutate(new FormData(event.currentTarget));
      }}
    >
      {error !== null && originsError === undefined && (
        <Callout tone="danger" title={wordsFor(error)} />
      )}
      <TextField
        label={words.origins}
        name="origins"
        autoComplete="off"
        spellCheck={false}
        placeholder="https://example.com"
        hint={words.originsHint}
        error={originsError}
      />
      <label className={styles.check}>
        <input type="checkbox" name="download" />
        <span>{words.download}</span>
      </label>
      <div className={styles.together}>
        <Choice label={words.life} value={life} options={words.lives} onChange={setLife} />
        <Button type="submit" variant="primary" busy={isPending}>
          {words.make}
        </Button>
      </div>
    </form>
  );
}
