import { useMutation } from "@tanstack/react-query";
import { Code, Link2 } from "lucide-react";
import { useState } from "react";

import { answered } from "@/api/client";
import { reached } from "@/api/playback";
import { isApiError } from "@/api/problem";
import type { Share, Video } from "@/api/types";
import { moment } from "@/app/format";
import { useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { Button } from "@/ui/Button";
import { RelativeTime } from "@/ui/RelativeTime";
import { complain, say } from "@/ui/Toasts";
import { useNow } from "@/ui/useNow";
import { shapeOf } from "@/video/shape";

import { embedCode } from "./embedCode";
import styles from "./Share.module.css";

interface Props {
  share: Share;
  video: Video;
  onEnded: () => void;
}

/** One link to a video. */
export function ShareRow({ share, video, onEnded }: Props) {
  const { api, apiUrl } = useServices();
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const words = texts.share;
  const link = reached(share.url, apiUrl);
  const isOver = share.expires_at !== null && Date.parse(share.expires_at) <= now;
  const end = useMutation({
    mutationFn: async () => {
      try {
        const path = { video_id: video.id, share_id: share.id };
        await answered(api.DELETE("/v1/videos/{video_id}/shares/{share_id}", { params: { path } }));
      } catch (error) {
        // It was ended elsewhere; it is what was wanted.
        if (!isApiError(error, "not_found")) throw error;
      }
    },
    onSuccess: () => {
      say({ title: words.ended });
    },
    onError: complain,
    onSettled: onEnded,
  });
  const code = embedCode(reached(share.embed_url, apiUrl), video.title, shapeOf(video));
  return (
    <li className={styles.row}>
      <code className={styles.link}>{link}</code>
      <p className={styles.hint}>
        {isOver && share.expires_at !== null ? (
          <>
            {words.expired} <RelativeTime iso={share.expires_at} />
          </>
        ) : share.expires_at === null ? (
          words.lasting
        ) : (
          <time dateTime={share.expires_at}>
            {words.until(moment(Date.parse(share.expires_at)))}
          </time>
        )}
        {" · "}
        {share.allowed_origins.length === 0
          ? words.anywhere
          : words.only(share.allowed_origins.join(", "))}
        {share.download && ` · ${words.canDownload}`}
      </p>
      {asking ? (
        <div role="group" aria-label={words.endOf(link)} className={styles.together}>
          <p>{words.endHint}</p>
          <Button
            variant="danger"
            busy={end.isPending}
            onClick={() => {
              end.mutate();
            }}
          >
            {words.end}
          </Button>
          <Button
            autoFocus
            onClick={() => {
              setAsking(false);
            }}
          >
            {texts.app.cancel}
          </Button>
        </div>
      ) : (
        <div className={styles.together}>
          {!isOver && (
            <>
              <Button icon={<Link2 />} onClick={() => void copy(link, words.linkCopied)}>
                {words.copyLink}
              </Button>
              <Button icon={<Code />} onClick={() => void copy(code, words.codeCopied)}>
                {words.copyCode}
              </Button>
            </>
          )}
          <Button
            variant="quiet"
            aria-label={words.endOf(link)}
            onClick={() => {
              setAsking(true);
            }}
          >
            {words.end}
          </Button>
        </div>
      )}
    </li>
  );
}

/** Browsers allow it on a secure page only; then it is shown, to be copied by hand. */
async function copy(what: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(what);
    say({ title: done });
  } catch {
    say({ title: texts.share.copyFailed, description: what, timeout: 20_000 });
  }
}
