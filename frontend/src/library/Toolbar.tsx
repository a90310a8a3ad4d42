import type { Ref } from "react";

import { texts } from "@/app/texts";

import { Choice } from "./Choice";
import { SearchField } from "./SearchField";
import styles from "./Toolbar.module.css";
import type { Looking } from "./view";

interface Props {
  looking: Looking;
  onChange: (looking: Looking) => void;
  searchRef: Ref<{ focus: () => void }>;
}

/** What of the library is shown, and in which order. */
export function Toolbar({ looking, onChange, searchRef }: Props) {
  return (
    <div className={styles.bar}>
      <h1 className={styles.title}>{texts.library.title}</h1>
      <SearchField
        ref={searchRef}
        value={looking.q}
        onChange={(q) => {
          onChange({ ...looking, q });
        }}
      />
      <div className={styles.choices}>
        <Choice
          label={texts.library.show}
          value={looking.filter}
          options={texts.library.filters}
          onChange={(filter) => {
            onChange({ ...looking, filter });
          }}
        />
        <Choice
          label={texts.library.sort}
          value={looking.sort}
          options={texts.library.sorts}
          onChange={(sort) => {
            onChange({ ...looking, sort });
          }}
        />
      </div>
    </div>
  );
}
