import { type SubmitEvent, useState } from "react";

import { isApiError } from "@/api/problem";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/TextField";

import { CAPTION_TYPES, isTooLarge, languageIn, textOf } from "./captionFile";
import styles from "./Captions.module.css";

export interface Chosen {
  text: string;
  language: string;
  name: string;
}

interface Props {
  title: string;
  save: string;
  /** Whether only the text is asked for. */
  textOnly?: boolean;
  busy: boolean;
  /** Of the last try. */
  error: unknown;
  onSave: (chosen: Chosen) => void;
  onClose: () => void;
}

const FORM = "captions-form";

/** Asks for a file of captions, and what it is. */
export function CaptionForm({ title, save, textOnly = false, busy, error, ...on }: Props) {
  const words = texts.captions;
  const [file, setFile] = useState<File | null>(null);
  const [language, setLanguage] = useState("");
  const [name, setName] = useState("");
  const [fault, setFault] = useState<string | null>(null);

  const choose = (chosen: File | null) => {
    setFile(chosen);
    setFault(null);
    if (chosen !== null && language === "") setLanguage(languageIn(chosen.name));
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (file === null) setFault(words.noFile);
    else if (isTooLarge(file)) setFault(words.tooLarge);
    else on.onSave({ text: await textOf(file), language: language.trim(), name: name.trim() });
  };
  const lines = isApiError(error) ? error.fields.filter(({ pointer }) => pointer === "/text") : [];
  const ofLanguage = wordsForField(error, "language");
  const ofName = wordsForField(error, "name");
  const isElse = error !== null && lines.length === 0 && !(ofLanguage ?? ofName);
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) on.onClose();
      }}
      title={title}
      actions={
        <>
          <Button onClick={on.onClose}>{texts.app.cancel}</Button>
          <Button variant="primary" type="submit" form={FORM} busy={busy}>
            {save}
          </Button>
        </>
      }
    >
      <form id={FORM} className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <label className={styles.picker}>
          <span className={styles.name}>{words.file}</span>
          <input
            type="file"
            accept={CAPTION_TYPES}
            aria-describedby="captions-file-hint"
            aria-invalid={fault !== null || undefined}
            onChange={(event) => {
              choose(event.target.files?.[0] ?? null);
            }}
          />
          <span id="captions-file-hint" className={styles.facts}>
            {words.fileHint}
          </span>
        </label>
        {!textOnly && (
          <>
            <TextField
              label={words.language}
              hint={words.languageHint}
              error={ofLanguage}
              name="language"
              value={language}
              maxLength={35}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setLanguage(event.target.value);
              }}
            />
            <TextField
              label={words.name}
              hint={words.nameHint}
              error={ofName}
              name="name"
              value={name}
              maxLength={255}
              autoComplete="off"
              onChange={(event) => {
                setName(event.target.value);
              }}
            />
          </>
        )}
        {fault !== null && <Callout tone="danger" title={fault} />}
        {fault === null && lines.length > 0 && (
          <Callout tone="danger" title={words.unreadable}>
            <ul className={styles.lines}>
              {lines.map(({ message }) => (
                <li key={message}>{message}</li>
              ))}
            </ul>
          </Callout>
        )}
        {fault === null && isElse && <Callout tone="danger" title={wordsFor(error)} />}
      </form>
    </Dialog>
  );
}
