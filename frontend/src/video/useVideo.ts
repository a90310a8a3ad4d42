import { useQuery } from "@tanstack/react-query";

import { answered } from "@/api/client";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";

/**
 * A video by its id, kept true by the stream of changes.
 *
 * @param every milliseconds after which it is asked for again even so.
 */
export function useVideo(id: string, every: number | false = false) {
  const api = useApi();
  return useQuery({
    queryKey: keys.video(id),
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/videos/{video_id}", { params: { path: { video_id: id } }, signal })),
    refetchInterval: every,
  });
}
