import { SearchX, Upload } from "lucide-react";
import type { ReactNode } from "react";

import { texts } from "@/app/texts";
import { Button } from "@/ui/Button";

import styles from "./Nothing.module.css";
import { useUploadActions } from "./uploadActions";

/** The library before the first video: an invitation as large as the page. */
export function NoVideos() {
  const uploads = useUploadActions();
  return (
    <Nothing
      icon={<Upload />}
      title={texts.library.emptyTitle}
      hint={texts.library.emptyHint}
      large
    >
      <Button variant="primary" icon={<Upload />} onClick={uploads.choose}>
        {texts.library.choose}
      </Button>
    </Nothing>
  );
}

/** There are videos, but none that fits. */
export function NoMatch({ q, onClear }: { q: string; onClear: () => void }) {
  return (
    <Nothing
      icon={<SearchX />}
      title={q === "" ? texts.library.noMatch : texts.library.noMatchOf(q)}
      hint={q === "" ? "" : texts.library.noMatchHint}
    >
      <Button onClick={onClear}>{texts.library.clear}</Button>
    </Nothing>
  );
}

interface Props {
  icon: ReactNode;
  title: string;
  hint: string;
  large?: boolean;
  children: ReactNode;
}

function Nothing({ icon, title, hint, large = false, children }: Props) {
  return (
    <section className={styles.nothing} data-large={large || undefined}>
      {icon}
      <h2>{title}</h2>
      {hint !== "" && <p className={styles.hint}>{hint}</p>}
      {children}
    </section>
  );
}
