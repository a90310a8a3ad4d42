import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Copy } from "lucide-react";
import { useId, useState } from "react";

import type { Job } from "@/api/types";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { Button } from "@/ui/Button";
import { say } from "@/ui/Toasts";

import { type JobLog, readJobLog } from "./jobLog";
import styles from "./LogView.module.css";

interface Props {
  job: Job;
  /** What was done, for the name of the log. */
  operation: string;
}

/** The log of a job, fetched when somebody wants to see it. */
export function LogView({ job, operation }: Props) {
  const api = useApi();
  const id = useId();
  const [open, setOpen] = useState(false);
  const log = useQuery({
    // Each attempt writes its own, at its end.
    queryKey: ["job-log", job.id, job.attempts, job.state],
    queryFn: ({ signal }) => readJobLog(api, job.id, signal),
    enabled: open,
    staleTime: Infinity,
  });
  return (
    <div className={styles.log}>
      <Button
        variant="quiet"
        className={styles.toggle}
        icon={<ChevronRight data-open={open || undefined} />}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {texts.activity.log}
      </Button>
      <div id={id} hidden={!open} className={styles.panel}>
        {log.isPending && <p role="status">{texts.activity.logLoading}</p>}
        {log.isError && (
          <p role="alert">
            {texts.activity.logFailed}{" "}
            <Button variant="quiet" busy={log.isFetching} onClick={() => void log.refetch()}>
              {texts.app.tryAgain}
            </Button>
          </p>
        )}
        {log.data !== undefined && <Contents log={log.data} operation={operation} />}
      </div>
    </div>
  );
}

function Contents({ log, operation }: { log: JobLog; operation: string }) {
  if (log.kind === "none") return <p>{texts.activity.logNone}</p>;
  if (log.kind === "gone") return <p>{texts.activity.logGone}</p>;
  return (
    <>
      {/* It can be scrolled, so it must be reached with keys. */}
      <pre
        className={styles.text}
        dir="ltr"
        tabIndex={0}
        role="region"
        aria-label={texts.activity.logOf(operation)}
      >
        {log.text}
      </pre>
      <Button icon={<Copy />} onClick={() => void copy(log.text)}>
        {texts.activity.copy}
      </Button>
    </>
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say({ title: texts.activity.copied });
  } catch {
    say({ title: texts.activity.copyFailed });
  }
}
