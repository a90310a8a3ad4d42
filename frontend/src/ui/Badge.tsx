import { AlertTriangle, Ban, Check, Clock, LoaderCircle, Upload } from "lucide-react";
import type { ReactNode } from "react";

import type { JobState, VideoState } from "@/api/types";
import { texts } from "@/app/texts";

import styles from "./Badge.module.css";

type State = VideoState | JobState;

const ICONS: Record<State, ReactNode> = {
  uploading: <Upload />,
  queued: <Clock />,
  processing: <LoaderCircle />,
  running: <LoaderCircle />,
  ready: <Check />,
  succeeded: <Check />,
  failed: <AlertTriangle />,
  cancelled: <Ban />,
  deleted: <Ban />,
};

/** A state as an icon and a word; its colour says nothing that these do not. */
export function Badge({ state }: { state: State }) {
  return (
    <span className={styles.badge} data-state={state}>
      {ICONS[state]}
      {texts.states[state]}
    </span>
  );
}
