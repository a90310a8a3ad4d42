import { Film } from "lucide-react";
import { useState } from "react";

import styles from "./Poster.module.css";

/** A video's picture, or a calm place where it will be. */
export function Poster({ src }: { src: string | null }) {
  // An address that failed, such as one that has run out: another may do.
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <div className={styles.poster}>
      {src === null || src === broken ? (
        <Film aria-hidden />
      ) : (
        <img
          src={src}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => {
            setBroken(src);
          }}
        />
      )}
    </div>
  );
}
