import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";

import { answered } from "@/api/client";
import { isApiError } from "@/api/problem";
import type { Video } from "@/api/types";
import { type Services, useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { complain, dismiss, say } from "@/ui/Toasts";

import { applyChange } from "./cache";
import { pendingDeletes } from "./pendingDeletes";

/** The ids of videos that no list shows, because they were deleted here. */
export function useHiddenVideos(): ReadonlySet<string> {
  return useSyncExternalStore(pendingDeletes.subscribe, pendingDeletes.getHidden);
}

/** Returns what deletes a video and offers to undo it; usable from any page. */
export function useDeleteWithUndo(): (video: Video) => void {
  const services = useServices();
  const client = useQueryClient();
  return useCallback(
    (video) => {
      deleteWithUndo(services, client, video);
    },
    [services, client],
  );
}

export function deleteWithUndo(services: Services, client: QueryClient, video: Video): void {
  const { id, title } = video;
  const toast = say({
    title: texts.library.deleted(title),
    timeout: 0,
    action: { label: texts.library.undo, onClick: () => pendingDeletes.undo(id) },
  });
  pendingDeletes.add(id, {
    send: async () => {
      await remove(services, id);
      applyChange(client, { kind: "deleted", id });
    },
    sendLast: lastCall(services, id),
    // Otherwise it would offer what can no longer be done.
    onLate: () => {
      dismiss(toast);
    },
    onFailed: complain,
  });
}

async function remove({ api }: Services, id: string): Promise<void> {
  try {
    await answered(api.DELETE("/v1/videos/{video_id}", { params: { path: { video_id: id } } }));
  } catch (error) {
    // Somebody was quicker; it is what was wanted.
    if (!isApiError(error, "not_found")) throw error;
  }
}

/** A page that goes away cannot wait for a token: it is asked for while there is time. */
function lastCall({ apiUrl, session }: Services, id: string): () => void {
  let token: string | null = null;
  session.token().then(
    (given) => (token = given),
    // Without one nothing is sent, and the video is there when the page comes back.
    () => undefined,
  );
  return () => {
    if (token === null) return;
    void fetch(`${apiUrl}/v1/videos/${encodeURIComponent(id)}`, {
      method: "DELETE",
      keepalive: true,
      headers: { Authorization: `Bearer ${token}` },
    }).catch(() => undefined);
  };
}
