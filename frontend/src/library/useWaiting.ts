import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";

import { answered } from "@/api/client";
import type { Queue, Video } from "@/api/types";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";

import { applyQueue, somethingWaits } from "./cache";

const EVERY_MS = 5000;
/** The API's largest page: nobody looks at more waiting videos at once. */
const MOST = 100;

/**
 * Keeps true why videos wait. No event tells of it, so it is asked for, of all of them at once, for as
 * long as one waits and somebody sees the page.
 */
export function useWaiting(): void {
  const api = useApi();
  const client = useQueryClient();
  const wanted = useSyncExternalStore(useCacheEvents(), () => somethingWaits(client));
  const { data } = useQuery({
    queryKey: keys.waiting,
    queryFn: wanted
      ? async ({ signal }): Promise<readonly Video[]> => {
          const query = { state: ["queued" as const], limit: MOST };
          return (await answered(api.GET("/v1/videos", { params: { query }, signal }))).items;
        }
      : skipToken,
    refetchInterval: EVERY_MS,
    staleTime: EVERY_MS,
  });
  useEffect(() => {
    if (data !== undefined) applyQueue(client, data);
  }, [client, data]);
}

/** Why a video waits, for who does not have the video itself; null when it does not, or nobody knows. */
export function useQueueOf(videoId: string): Queue | null {
  const client = useQueryClient();
  return useSyncExternalStore(useCacheEvents(), () => {
    const waiting = client.getQueryData<readonly Video[]>(keys.waiting);
    return waiting?.find(({ id }) => id === videoId)?.queue ?? null;
  });
}

function useCacheEvents(): (changed: () => void) => () => void {
  const client = useQueryClient();
  return useCallback((changed) => client.getQueryCache().subscribe(changed), [client]);
}
