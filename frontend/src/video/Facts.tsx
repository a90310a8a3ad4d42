import type { Source, Video } from "@/api/types";
import { texts } from "@/app/texts";

import { loudnessFact, sourceFacts } from "./facts";
import styles from "./Facts.module.css";

interface Props {
  source: Source;
  loudness: Video["loudness"];
}

/** What is known of the file that was uploaded. */
export function Facts({ source, loudness }: Props) {
  return (
    <section aria-labelledby="about" className={styles.section}>
      <h2 id="about">{texts.video.about}</h2>
      <dl className={styles.facts}>
        {[...sourceFacts(source), ...loudnessFact(loudness)].map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
