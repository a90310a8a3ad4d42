import { Captions as Icon, Download, Plus, Replace, Star, Trash2 } from "lucide-react";
import { useState } from "react";

import type { TextTrack, Video } from "@/api/types";
import { bytes } from "@/app/format";
import { texts } from "@/app/texts";
import { ActionMenu } from "@/ui/ActionMenu";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { complain, say } from "@/ui/Toasts";

import { CaptionForm } from "./CaptionForm";
import { labelOf } from "./captionNames";
import styles from "./Captions.module.css";
import {
  useAddCaptions,
  useCaptionList,
  useChangeCaptions,
  useRemoveCaptions,
} from "./useCaptionActions";

type Open = { form: "add" } | { form: "replace" | "remove"; track: TextTrack; label: string };

/** The captions of a video: what there is, and a way to add, replace and remove some. */
export function Captions({ video }: { video: Video }) {
  const words = texts.captions;
  const list = useCaptionList(video.id, video.version);
  const add = useAddCaptions(video.id);
  const change = useChangeCaptions(video.id);
  const remove = useRemoveCaptions(video.id);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => {
    setOpen(null);
    add.reset();
    change.reset();
  };
  // The oldest first, as players offer them.
  const items = (list.data?.items ?? []).toReversed();
  return (
    <section aria-labelledby="captions" className={styles.section}>
      <div className={styles.head}>
        <h2 id="captions">{words.title}</h2>
        <Button
          icon={<Plus />}
          onClick={() => {
            setOpen({ form: "add" });
          }}
        >
          {words.add}
        </Button>
      </div>
      {list.isError && <p className={styles.facts}>{words.failed}</p>}
      {list.isSuccess && items.length === 0 && <p className={styles.facts}>{words.none}</p>}
      {items.length > 0 && (
        <ul className={styles.list}>
          {items.map((track, index) => {
            const label = labelOf(track.name, track.language, index + 1);
            return (
              <Row
                key={track.id}
                track={track}
                label={label}
                onDefault={(isDefault) => {
                  change.mutate({ id: track.id, default: isDefault }, { onError: complain });
                }}
                onOpen={(form) => {
                  setOpen({ form, track, label });
                }}
              />
            );
          })}
        </ul>
      )}
      {open?.form === "add" && (
        <CaptionForm
          title={words.add}
          save={words.save}
          busy={add.isPending}
          error={add.error}
          onClose={close}
          onSave={(chosen) => {
            add.mutate(chosen, { onSuccess: close });
          }}
        />
      )}
      {open?.form === "replace" && (
        <CaptionForm
          title={words.replaceTitle}
          save={words.replaceSave}
          textOnly
          busy={change.isPending}
          error={change.error}
          onClose={close}
          onSave={({ text }) => {
            change.mutate({ id: open.track.id, text }, { onSuccess: close });
          }}
        />
      )}
      {open?.form === "remove" && (
        <Confirm
          open
          onOpenChange={(isOpen) => {
            if (!isOpen) close();
          }}
          title={words.removeTitle}
          hint={words.removeHint(open.label)}
          confirm={words.remove}
          busy={remove.isPending}
          onConfirm={() => {
            remove.mutate(open.track.id, {
              onSuccess: () => {
                say({ title: words.removed(open.label) });
                close();
              },
              onError: complain,
            });
          }}
        />
      )}
    </section>
  );
}

interface RowProps {
  track: TextTrack;
  label: string;
  onDefault: (isDefault: boolean) => void;
  onOpen: (form: "replace" | "remove") => void;
}

function Row({ track, label, onDefault, onOpen }: RowProps) {
  const words = texts.captions;
  const facts = [
    bytes(track.size),
    ...(track.from_file ? [words.fromFile] : []),
    ...(track.default ? [words.shownFirst] : []),
  ];
  return (
    <li className={styles.row}>
      <Icon aria-hidden className={styles.icon} />
      <div className={styles.words}>
        <span className={styles.name} dir="auto">
          {label}
        </span>
        <span className={styles.facts}>{facts.join(" · ")}</span>
      </div>
      <ActionMenu
        label={words.actionsOf(label)}
        actions={[
          {
            label: words.replace,
            icon: <Replace />,
            onSelect: () => {
              onOpen("replace");
            },
          },
          {
            label: track.default ? words.notDefault : words.beDefault,
            icon: <Star />,
            onSelect: () => {
              onDefault(!track.default);
            },
          },
          {
            label: words.download,
            icon: <Download />,
            onSelect: () => {
              // Another origin's: a browser shows it, and it is plain text.
              window.open(track.url, "_blank", "noopener");
            },
          },
          {
            label: words.remove,
            icon: <Trash2 />,
            danger: true,
            onSelect: () => {
              onOpen("remove");
            },
          },
        ]}
      />
    </li>
  );
}
