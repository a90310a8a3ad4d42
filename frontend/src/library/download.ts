import { type Api, answered } from "@/api/client";
import type { Rendition, Video } from "@/api/types";

/** The largest of a video's renditions. */
export function bestRendition(video: Video): Rendition | undefined {
  const height = (rendition: Rendition) => rendition.height ?? 0;
  return video.renditions.toSorted((a, b) => height(b) - height(a) || b.bitrate - a.bitrate)[0];
}

/**
 * Have the browser save a rendition, or `source`.
 *
 * A browser follows a link without the token that the API wants, and tells no page where a redirect
 * leads: so the address is asked for, and the link is to there.
 *
 * @throws ApiError when there is no such thing, or no answer.
 */
export async function download(api: Api, videoId: string, name: string): Promise<void> {
  const { url } = await answered(
    api.GET("/v1/videos/{video_id}/download/{name}", {
      params: { path: { video_id: videoId, name }, query: { redirect: false } },
    }),
  );
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
