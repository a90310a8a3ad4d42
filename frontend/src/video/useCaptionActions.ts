import { useMutation, useQuery, useQueryClient, keepPreviousData } from "@tanstack/react-query";

import { answered } from "@/api/client";
import { isApiError } from "@/api/problem";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";

/** As many as a video can have. */
const MOST = 100;

export interface NewCaptions {
  language: string;
  name: string;
  text: string;
}

export interface CaptionChange {
  id: string;
  text?: string;
  default?: boolean;
}

/** The captions of a video, asked for again with each version of it. */
export function useCaptionList(id: string, version: number) {
  const api = useApi();
  return useQuery({
    queryKey: [...keys.captions(id), version],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/v1/videos/{video_id}/tracks", {
          params: { path: { video_id: id }, query: { limit: MOST } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

export function useAddCaptions(id: string) {
  const api = useApi();
  const refresh = useRefresh(id);
  return useMutation({
    mutationFn: ({ language, name, text }: NewCaptions) =>
      answered(
        api.POST("/v1/videos/{video_id}/tracks", {
          params: { path: { video_id: id } },
          body: { kind: "text", language, text, default: false, ...(name === "" ? {} : { name }) },
        }),
      ),
    onSuccess: refresh,
    networkMode: "always",
  });
}

export function useChangeCaptions(id: string) {
  const api = useApi();
  const refresh = useRefresh(id);
  return useMutation({
    mutationFn: ({ id: track, ...body }: CaptionChange) =>
      answered(
        api.PATCH("/v1/videos/{video_id}/tracks/{track_id}", {
          params: { path: { video_id: id, track_id: track } },
          body,
        }),
      ),
    onSuccess: refresh,
    networkMode: "always",
  });
}

export function useRemoveCaptions(id: string) {
  const api = useApi();
  const refresh = useRefresh(id);
  return useMutation({
    mutationFn: async (track: string) => {
      try {
        const params = { path: { video_id: id, track_id: track } };
        await answered(api.DELETE("/v1/videos/{video_id}/tracks/{track_id}", { params }));
      } catch (error) {
        // Somebody was quicker; it is what was wanted.
        if (!isApiError(error, "not_found")) throw error;
      }
    },
    onSuccess: refresh,
    networkMode: "always",
  });
}

function useRefresh(id: string): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: keys.captions(id) });
}
