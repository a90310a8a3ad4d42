import { ChevronDown, ChevronUp, Pause, Play, X } from "lucide-react";
import { useId, useRef, useState, useSyncExternalStore } from "react";

import type { Limits } from "@/api/types";
import { percent } from "@/app/format";
import { texts } from "@/app/texts";
import { IconButton } from "@/ui/IconButton";

import { summaryOf } from "./engine/summary";
import { Row } from "./Row";
import styles from "./Tray.module.css";
import { useRoom } from "./useRoom";
import { foldedLine } from "./words";
import type { Uploads } from "./uploads";

interface Props {
  uploads: Uploads;
  limits: Limits | null;
}

/** Docked on every page: what is being uploaded, and how far it is. */
export function Tray({ uploads, limits }: Props) {
  const rows = useSyncExternalStore(uploads.subscribe, uploads.getSnapshot);
  const [folded, setFolded] = useState(false);
  const list = useId();
  const tray = useRef<HTMLElement>(null);
  useRoom(tray, rows.length > 0);
  if (rows.length === 0) return null;
  const words = texts.uploads;
  const summary = summaryOf(rows);
  const can = (action: "pause" | "resume") => rows.some((row) => row.actions.includes(action));
  const over = rows.filter((row) => row.actions.includes("dismiss"));
  const quarter = Math.floor(summary.fraction * 4) * 25;
  return (
    <section ref={tray} className={styles.tray} aria-label={words.title}>
      <header className={styles.head}>
        <button
          type="button"
          className={styles.fold}
          aria-expanded={!folded}
          aria-controls={list}
          onClick={() => {
            setFolded(!folded);
          }}
        >
          {folded ? <ChevronUp /> : <ChevronDown />}
          <span>{foldedLine(summary)}</span>
        </button>
        {can("pause") && rows.length > 1 && (
          <IconButton
            label={words.pauseAll}
            icon={<Pause />}
            onClick={() => {
              uploads.pauseAll();
            }}
          />
        )}
        {!can("pause") && can("resume") && rows.length > 1 && (
          <IconButton
            label={words.resumeAll}
            icon={<Play />}
            onClick={() => {
              uploads.resumeAll();
            }}
          />
        )}
        {over.length === rows.length && (
          <IconButton
            label={words.dismissAll}
            icon={<X />}
            onClick={() => {
              for (const row of over) uploads.dismiss(row.key);
            }}
          />
        )}
      </header>
      <span className="visually-hidden" role="status">
        {quarter > 0 ? words.progress(percent(quarter)) : ""}
      </span>
      <ul id={list} className={styles.rows} hidden={folded}>
        {rows.map((row) => (
          <Row key={row.key} row={row} uploads={uploads} limits={limits} />
        ))}
      </ul>
    </section>
  );
}
