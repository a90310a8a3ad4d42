import { Link2, Pencil, Share2, Square, Trash2 } from "lucide-react";
import { Suspense, useState } from "react";

import type { Video } from "@/api/types";
import { lazyPart } from "@/app/lazyPart";
import { texts } from "@/app/texts";
import { TitleEditor } from "@/library/TitleEditor";
import { useRename } from "@/library/useRename";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { RelativeTime } from "@/ui/RelativeTime";
import { say } from "@/ui/Toasts";

import styles from "./VideoHead.module.css";

const ShareDialog = lazyPart(async () => (await import("@/share/ShareDialog")).ShareDialog);

interface Props {
  video: Video;
  stopping: boolean;
  onStop: () => void;
  /** Null where it is offered elsewhere. */
  onDelete: (() => void) | null;
}

/** The video's name and state, and what one can do with it. */
export function VideoHead({ video, stopping, onStop, onDelete }: Props) {
  const words = texts.video;
  const { title, rename } = useRename(video);
  const [editing, setEditing] = useState(false);
  /** Null until it is wanted. */
  const [sharing, setSharing] = useState<boolean | null>(null);
  const working = video.state === "queued" || video.state === "processing";
  return (
    <header className={styles.head}>
      <div className={styles.name}>
        {editing ? (
          <TitleEditor
            title={title}
            onSave={(wanted) => {
              rename(wanted);
              setEditing(false);
            }}
            onCancel={() => {
              setEditing(false);
            }}
          />
        ) : (
          <h1 dir="auto" className={styles.title}>
            {title}
          </h1>
        )}
        <p className={styles.state}>
          <Badge state={video.state} />
          <span>
            {words.added} <RelativeTime iso={video.created_at} />
          </span>
        </p>
      </div>
      <div role="group" aria-label={words.actions} className={styles.actions}>
        {working && (
          <Button variant="quiet" icon={<Square />} busy={stopping} onClick={onStop}>
            {words.cancel}
          </Button>
        )}
        <Button
          variant="quiet"
          icon={<Pencil />}
          onClick={() => {
            setEditing(true);
          }}
        >
          {words.rename}
        </Button>
        <Button
          variant="quiet"
          icon={<Share2 />}
          onClick={() => {
            setSharing(true);
          }}
        >
          {texts.share.open}
        </Button>
        <Button variant="quiet" icon={<Link2 />} onClick={() => void copyAddress()}>
          {words.copyLink}
        </Button>
        {onDelete !== null && (
          <Button variant="quiet" icon={<Trash2 />} onClick={onDelete}>
            {words.delete}
          </Button>
        )}
      </div>
      {sharing !== null && (
        <Suspense>
          <ShareDialog video={video} open={sharing} onOpenChange={setSharing} />
        </Suspense>
      )}
    </header>
  );
}

async function copyAddress(): Promise<void> {
  const address = window.location.origin + window.location.pathname;
  try {
    await navigator.clipboard.writeText(address);
    say({ title: texts.library.copied });
  } catch {
    say({ title: texts.library.copyFailed, description: address, timeout: 10_000 });
  }
}
