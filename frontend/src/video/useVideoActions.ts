import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answered } from "@/api/client";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { applyChange } from "@/library/cache";
import { complain, say } from "@/ui/Toasts";

type Wish = "cancel" | "retry";

/** Stopping a video's work and asking for it again. Shown when the API has said so, not before. */
export function useVideoActions(id: string): { busy: Wish | null; ask: (wish: Wish) => void } {
  const api = useApi();
  const client = useQueryClient();
  const { mutate, isPending, variables } = useMutation({
    mutationFn: (wish: Wish) => {
      const params = { path: { video_id: id } };
      return wish === "cancel"
        ? answered(api.POST("/v1/videos/{video_id}/cancel", { params }))
        : answered(api.POST("/v1/videos/{video_id}/retry", { params }));
    },
    onSuccess: (video) => {
      applyChange(client, { kind: "video", video });
    },
    onError: (error) => {
      complain(error);
      // It has changed meanwhile, or is gone: show how it is.
      void client.invalidateQueries({ queryKey: keys.video(id) });
    },
    networkMode: "always",
  });
  return { busy: isPending ? variables : null, ask: mutate };
}

/** Making the picture of a time the poster. It takes a moment, which the video's events tell of. */
export function useChoosePoster(id: string): (seconds: number) => void {
  const api = useApi();
  const { mutate } = useMutation({
    mutationFn: (seconds: number) =>
      answered(
        api.POST("/v1/videos/{video_id}/poster", {
          params: { path: { video_id: id } },
          body: { at: seconds },
        }),
      ),
    onSuccess: () => {
      say({ title: texts.video.posterComes });
    },
    onError: complain,
    networkMode: "always",
  });
  return mutate;
}
