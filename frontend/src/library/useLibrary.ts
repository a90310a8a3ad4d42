import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { type Api, answered } from "@/api/client";
import { keys, type LibraryView } from "@/app/queries";
import { useApi } from "@/app/services";

import type { VideoList } from "./cache";

const PAGE_SIZE = 24;
/** Time that a person may watch a video and find the library unchanged afterwards. */
const KEPT_MS = 60 * 60_000;

/** The library in pages; while another view of it loads, the one before stays. */
export function useLibrary(view: LibraryView) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.library(view),
    queryFn: ({ pageParam, signal }) => ask(api, view, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    gcTime: KEPT_MS,
  });
}

async function ask(
  api: Api,
  view: LibraryView,
  cursor: string | null,
  signal: AbortSignal,
): Promise<VideoList> {
  const query = {
    limit: PAGE_SIZE,
    sort: view.sort,
    ...(cursor === null ? {} : { cursor }),
    ...(view.q === "" ? {} : { q: view.q }),
    ...(view.states.length === 0 ? {} : { state: [...view.states] }),
  };
  return answered(api.GET("/v1/videos", { params: { query }, signal }));
}
