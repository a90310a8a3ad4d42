import { AudioLines, Download, ExternalLink, Link2, Pencil, Trash2 } from "lucide-react";
import { memo, type MouseEvent, useId, useRef, useState } from "react";
import { Link } from "react-router";

import type { Video } from "@/api/types";
import { duration, isoDuration } from "@/app/format";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { type Action, ActionMenu } from "@/ui/ActionMenu";
import { complain, say } from "@/ui/Toasts";

import { CardStatus } from "./CardStatus";
import { bestRendition, download } from "./download";
import { Poster } from "./Poster";
import { TitleEditor } from "./TitleEditor";
import { useRename } from "./useRename";
import styles from "./VideoCard.module.css";

interface Props {
  video: Video;
  onDelete: (video: Video) => void;
}

/** One video of the library. Its whole surface is one link; the menu stands beside. */
export const VideoCard = memo(function VideoCard({ video, onDelete }: Props) {
  const { title, rename } = useRename(video);
  const [editing, setEditing] = useState(false);
  const status = useId();
  const link = useRef<HTMLAnchorElement>(null);
  const actions = useActions(video, {
    open: () => link.current?.click(),
    rename: () => {
      setEditing(true);
    },
    remove: () => {
      onDelete(video);
    },
  });
  const stopEditing = () => {
    setEditing(false);
    // The link is there again only after this has been drawn.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) link.current?.focus();
    });
  };
  const seconds = video.source?.duration ?? null;
  // The time lies above the link, to tell the exact one; a click on it is still one on the card.
  const clicked = ({ target }: MouseEvent) => {
    if (target instanceof Element && target.closest("time") !== null) link.current?.click();
  };
  return (
    <article className={styles.card} onClick={clicked}>
      <div className={styles.picture}>
        <Poster src={video.poster_url} />
        {video.kind === "audio" && (
          <span className={styles.kind}>
            <AudioLines aria-hidden />
            {texts.library.sound}
          </span>
        )}
        {seconds !== null && (
          <time
            className={styles.length}
            dateTime={isoDuration(seconds)}
            aria-label={texts.library.length(duration(seconds))}
          >
            {duration(seconds)}
          </time>
        )}
      </div>
      <div className={styles.text}>
        <div className={styles.head}>
          {editing ? (
            <TitleEditor
              title={title}
              onSave={(wanted) => {
                rename(wanted);
                stopEditing();
              }}
              onCancel={stopEditing}
            />
          ) : (
            <h2 className={styles.title} dir="auto">
              <Link
                ref={link}
                to={`/videos/${video.id}`}
                className={styles.link}
                title={title}
                draggable={false}
                aria-describedby={status}
                data-card
              >
                {title}
              </Link>
            </h2>
          )}
          <ActionMenu
            label={texts.library.menuOf(title)}
            actions={actions}
            className={styles.menu}
          />
        </div>
        <div id={status} className={styles.status}>
          <CardStatus video={video} />
        </div>
      </div>
    </article>
  );
});

interface Acts {
  open: () => void;
  rename: () => void;
  remove: () => void;
}

function useActions(video: Video, { open, rename, remove }: Acts): readonly Action[] {
  const api = useApi();
  const best = bestRendition(video);
  return [
    { label: texts.library.open, icon: <ExternalLink />, onSelect: open },
    { label: texts.library.rename, icon: <Pencil />, onSelect: rename },
    {
      label: texts.library.download,
      icon: <Download />,
      disabled: best === undefined,
      onSelect: () => {
        if (best !== undefined) download(api, video.id, best.name).catch(complain);
      },
    },
    {
      label: texts.library.copyLink,
      icon: <Link2 />,
      onSelect: () => void copy(new URL(`/videos/${video.id}`, window.location.origin).href),
    },
    { label: texts.library.delete, icon: <Trash2 />, danger: true, onSelect: remove },
  ];
}

async function copy(address: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(address);
    say({ title: texts.library.copied });
  } catch {
    say({ title: texts.library.copyFailed, description: address, timeout: 10_000 });
  }
}
