import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Limits, Video } from "@/api/types";
import { useServices } from "@/app/services";
import { applyChange } from "@/library/cache";
import { pendingDeletes } from "@/library/pendingDeletes";
import { complain } from "@/ui/Toasts";

import { uploadApi } from "./api";
import { UploadManager } from "./engine/manager";
import { Tray } from "./Tray";
import type { Uploads } from "./uploads";

interface Props {
  userId: string;
  limits: Limits | null;
  /** Told of the uploads when they can be used, and of null when they no longer can. */
  onOpen: (uploads: Uploads | null) => void;
}

/** The uploads themselves: opened with this component and closed with it. */
export function RunningUploads({ userId, limits, onOpen }: Props) {
  const { api, apiUrl, session } = useServices();
  const queryClient = useQueryClient();
  const [uploads, setUploads] = useState<Uploads | null>(null);

  useEffect(() => {
    const opened = new UploadManager<Video>({
      userId,
      api: uploadApi(api),
      onVideo: (change) => {
        if (change.type === "removed")
          applyChange(queryClient, { kind: "deleted", id: change.videoId });
        else if (change.type === "completed" && change.video !== null)
          applyChange(queryClient, { kind: "video", video: change.video });
      },
    });
    opened.restore().catch(complain);
    // What is opened here is closed below: it is not state that could be computed while rendering.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setUploads(opened);
    onOpen(opened);
    const leaving = (event: BeforeUnloadEvent) => {
      if (opened.busy) event.preventDefault();
    };
    // Where nothing can be remembered, as in a private window, nobody would go on with them.
    const left = (event: PageTransitionEvent) => {
      if (!event.persisted && opened.forgotten.length > 0)
        void session.token().then((token) => {
          for (const id of opened.forgotten) lastAbort(apiUrl, token, id);
        }, ignore);
    };
    window.addEventListener("beforeunload", leaving);
    window.addEventListener("pagehide", left);
    const deaf = pendingDeletes.onSent((videoId) => {
      opened.videoDeleted(videoId);
    });
    return () => {
      window.removeEventListener("beforeunload", leaving);
      window.removeEventListener("pagehide", left);
      deaf();
      onOpen(null);
      const state = session.getState();
      const forget = state.status === "out" && state.because === "deleted";
      opened.close({ forget }).catch(complain);
    };
  }, [api, apiUrl, session, queryClient, userId, onOpen]);

  useEffect(() => {
    if (limits !== null)
      uploads?.setLimits({ extensions: limits.extensions, maxBytes: limits.max_bytes });
  }, [uploads, limits]);

  if (uploads === null) return null;
  return <Tray uploads={uploads} limits={limits} />;
}

/** A page that goes away cannot wait for an answer. */
function lastAbort(apiUrl: string, token: string, id: string): void {
  fetch(`${apiUrl}/v1/uploads/${encodeURIComponent(id)}`, {
    method: "DELETE",
    keepalive: true,
    headers: { Authorization: `Bearer ${token}` },
  }).catch(ignore);
}

function ignore(): void {
  // Then the server drops it when it expires.
}
