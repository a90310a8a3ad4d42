import { RotateCw, Trash2, Upload } from "lucide-react";

import type { Video } from "@/api/types";
import { texts } from "@/app/texts";
import { knownFailure, saysWhatToDo } from "@/library/words";
import { useUploadActions } from "@/library/uploadActions";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";

interface Props {
  video: Video;
  retrying: boolean;
  onRetry: () => void;
  onDelete: () => void;
}

/** Why a video is not ready: what happened, whose fault it was, what to do, and the button that does it. */
export function Trouble({ video, retrying, onRetry, onDelete }: Props) {
  const words = texts.video;
  const uploads = useUploadActions();
  const { failure, state } = video;
  const known = failure === null ? undefined : knownFailure(failure);
  const helps = state === "cancelled" || failure === null || failure.retryable;
  const title =
    state === "cancelled"
      ? words.cancelledTitle
      : (known?.what ?? failure?.message ?? texts.states.failed);
  return (
    <Callout
      tone={state === "cancelled" ? "warning" : "danger"}
      title={title}
      code={failure?.code}
      actions={
        <>
          {helps ? (
            <Button variant="primary" icon={<RotateCw />} busy={retrying} onClick={onRetry}>
              {words.retry}
            </Button>
          ) : (
            <Button variant="primary" icon={<Upload />} onClick={uploads.choose}>
              {words.uploadOther}
            </Button>
          )}
          <Button icon={<Trash2 />} onClick={onDelete}>
            {words.delete}
          </Button>
        </>
      }
    >
      {state === "cancelled" ? (
        <p>{words.cancelledHint}</p>
      ) : (
        failure !== null && (
          <>
            {known !== texts.sourceGone && (
              <p>{failure.retryable ? words.faultOfOurs : words.faultOfFile}</p>
            )}
            {/* What exactly: which codec, how much of it could be read, which limit. */}
            {known !== undefined && !failure.retryable && <p>{failure.message}</p>}
            {known !== undefined && !saysWhatToDo(failure) && <p>{known.todo}</p>}
          </>
        )
      )}
    </Callout>
  );
}
