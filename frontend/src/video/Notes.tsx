import type { Note } from "@/api/types";
import { texts } from "@/app/texts";
import { Callout } from "@/ui/Callout";

import styles from "./Notes.module.css";

/** Faults of the file itself, which another copy may not have. */
const DAMAGE = ["partly_damaged", "truncated"];

/** What is missing or damaged in a video that is ready. */
export function Warnings({ warnings }: { warnings: readonly Note[] }) {
  if (warnings.length === 0) return null;
  const damaged = warnings.some(({ code }) => DAMAGE.includes(code));
  return (
    <Callout tone={damaged ? "warning" : "info"} title={texts.video.warnings}>
      <NoteList notes={warnings} />
      {damaged && <p>{texts.video.damageHint}</p>}
    </Callout>
  );
}

/** What was done to the original. */
export function Done({ done }: { done: readonly Note[] }) {
  if (done.length === 0) return null;
  return (
    <section aria-labelledby="done" className={styles.section}>
      <h2 id="done">{texts.video.done}</h2>
      <NoteList notes={done} />
    </section>
  );
}

function NoteList({ notes }: { notes: readonly Note[] }) {
  return (
    <ul className={styles.list}>
      {notes.map(({ code, message }, index) => (
        <li key={index}>
          {message} <code className={styles.code}>{code}</code>
        </li>
      ))}
    </ul>
  );
}
