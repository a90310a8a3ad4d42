import type { Source } from "@/api/types";
import { texts } from "@/app/texts";

import { sourceFacts } from "./facts";
import styles from "./Facts.module.css";

/** What is known of the file that was uploaded. */
export function Facts({ source }: { source: Source }) {
  return (
    <section aria-labelledby="about" className={styles.section}>
      <h2 id="about">{texts.video.about}</h2>
      <dl className={styles.facts}>
        {sourceFacts(source).map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
