import { useInfiniteQuery } from "@tanstack/react-query";

import { answered } from "@/api/client";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";

const PAGE_SIZE = 20;

/** A video's jobs in pages, the newest first; those of all videos when none is named. */
export function useJobs(videoId: string | null) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: videoId === null ? keys.allJobs : keys.videoJobs(videoId),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return videoId === null
        ? answered(api.GET("/v1/jobs", { params: { query }, signal }))
        : answered(
            api.GET("/v1/videos/{video_id}/jobs", {
              params: { path: { video_id: videoId }, query },
              signal,
            }),
          );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
