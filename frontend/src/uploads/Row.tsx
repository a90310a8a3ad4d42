import { Pause, Play, RotateCcw, X } from "lucide-react";
import { Link } from "react-router";

import type { Limits } from "@/api/types";
import { texts } from "@/app/texts";
import { useQueueOf } from "@/library/useWaiting";
import { queueWords } from "@/library/words";
import { Button } from "@/ui/Button";
import { IconButton } from "@/ui/IconButton";
import { complain } from "@/ui/Toasts";

import { Cells } from "./Cells";
import { chooseFiles } from "./choose";
import type { UploadRow } from "./engine/local";
import styles from "./Tray.module.css";
import { lineOf } from "./words";
import type { Uploads } from "./uploads";

interface Props {
  row: UploadRow;
  uploads: Uploads;
  limits: Limits | null;
}

/** One file on its way. */
export function Row({ row, uploads, limits }: Props) {
  const words = texts.uploads;
  const can = new Set(row.actions);
  const choose = () => {
    chooseFiles(limits?.extensions ?? [], false)
      .then(([file]) => (file === undefined ? null : uploads.provideFile(row.key, file)))
      .catch(complain);
  };
  return (
    <li className={styles.row} data-state={row.state} data-upload={row.uploadId}>
      <div className={styles.what}>
        <p className={styles.name} dir="auto" title={row.name}>
          {row.videoId === undefined ? (
            row.name
          ) : (
            <Link to={`/videos/${row.videoId}`}>{row.name}</Link>
          )}
        </p>
        <p className={styles.line}>{lineOf(row, limits)}</p>
        {row.begunAnew === true && row.state !== "done" && (
          <p className={styles.note}>{words.begunAnew}</p>
        )}
        {row.state === "done" && row.videoId !== undefined && <Waits videoId={row.videoId} />}
      </div>
      <div className={styles.actions}>
        {can.has("retry") && (
          <IconButton
            label={words.retryOf(row.name)}
            icon={<RotateCcw />}
            onClick={() => {
              uploads.retry(row.key);
            }}
          />
        )}
        {can.has("pause") && (
          <IconButton
            label={words.pauseOf(row.name)}
            icon={<Pause />}
            onClick={() => {
              uploads.pause(row.key);
            }}
          />
        )}
        {can.has("resume") && (
          <IconButton
            label={words.resumeOf(row.name)}
            icon={<Play />}
            onClick={() => {
              uploads.resume(row.key);
            }}
          />
        )}
        {can.has("cancel") && (
          <IconButton
            label={words.cancelOf(row.name)}
            icon={<X />}
            onClick={() => {
              uploads.cancel(row.key);
            }}
          />
        )}
        {can.has("dismiss") && (
          <IconButton
            label={words.dismissOf(row.name)}
            icon={<X />}
            onClick={() => {
              uploads.dismiss(row.key);
            }}
          />
        )}
      </div>
      {row.cells.length > 0 && row.state !== "cancelled" && (
        <div
          className={styles.cells}
          role="progressbar"
          aria-label={row.name}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor((100 * row.sent) / Math.max(1, row.size))}
        >
          <Cells cells={row.cells} />
        </div>
      )}
      {can.has("grant") && (
        <Button
          className={styles.wide}
          onClick={() => {
            uploads.grant(row.key).catch(complain);
          }}
        >
          {words.grant}
        </Button>
      )}
      {can.has("choose") && !can.has("grant") && (
        <Button className={styles.wide} onClick={choose}>
          {words.choose}
        </Button>
      )}
    </li>
  );
}

// Apart, so that only what is uploaded listens to what waits.
function Waits({ videoId }: { videoId: string }) {
  const words = queueWords(useQueueOf(videoId));
  return words === null ? null : <p className={styles.note}>{words}</p>;
}
