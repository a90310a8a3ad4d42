import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answered } from "@/api/client";
import type { Video } from "@/api/types";
import { useApi } from "@/app/services";
import { complain } from "@/ui/Toasts";

import { applyChange } from "./cache";

export const MAX_TITLE = 255;

/** A video's title, which is the new one from the moment somebody gives it, unless the API refuses. */
export function useRename(video: Video): { title: string; rename: (title: string) => void } {
  const api = useApi();
  const client = useQueryClient();
  const { mutate, isPending, variables } = useMutation({
    mutationFn: (title: string) =>
      answered(
        api.PATCH("/v1/videos/{video_id}", {
          params: { path: { video_id: video.id } },
          body: { title },
        }),
      ),
    onSuccess: (renamed) => {
      applyChange(client, { kind: "video", video: renamed });
    },
    onError: complain,
    // Without a network it fails now, rather than showing for hours what is not so.
    networkMode: "always",
  });
  return {
    title: isPending ? variables : video.title,
    rename: (title) => {
      const wanted = title.trim();
      if (wanted !== "" && wanted !== video.title) mutate(wanted);
    },
  };
}
