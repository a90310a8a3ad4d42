import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";

import { answered } from "@/api/client";
import type { Video } from "@/api/types";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Dialog } from "@/ui/Dialog";
import { Skeleton } from "@/ui/Skeleton";

import styles from "./Share.module.css";
import { ShareForm } from "./ShareForm";
import { ShareRow } from "./ShareRow";

const PAGE_SIZE = 20;

interface Props {
  video: Video;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The links to a video: makes, copies and ends them. */
export function ShareDialog({ video, ...dialog }: Props) {
  const api = useApi();
  const queryClient = useQueryClient();
  const words = texts.share;
  const queryKey = keys.shares(video.id);
  const shares = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) };
      const params = { path: { video_id: video.id }, query };
      return answered(api.GET("/v1/videos/{video_id}/shares", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchOnMount: "always",
    enabled: dialog.open,
  });
  const refresh = () => void queryClient.invalidateQueries({ queryKey });
  const items = shares.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Dialog title={words.title} {...dialog}>
      <div className={styles.dialog}>
        <p className={styles.hint}>{words.hint}</p>
        <ShareForm videoId={video.id} onMade={refresh} />
        {shares.isError && (
          <Callout tone="danger" title={words.failed}>
            <p>{wordsFor(shares.error)}</p>
          </Callout>
        )}
        {shares.isPending && dialog.open && <Skeleton height="72px" />}
        {shares.isSuccess && items.length === 0 && <p className={styles.hint}>{words.none}</p>}
        {items.length > 0 && (
          <ul className={styles.list} aria-label={words.list}>
            {items.map((share) => (
              <ShareRow key={share.id} share={share} video={video} onEnded={refresh} />
            ))}
          </ul>
        )}
        {shares.hasNextPage && (
          <div>
            <Button busy={shares.isFetchingNextPage} onClick={() => void shares.fetchNextPage()}>
              {words.more}
            </Button>
          </div>
        )}
      </div>
    </Dialog>
  );
}
