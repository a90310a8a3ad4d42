import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Limits, Video } from "@/api/types";
import { useApi } from "@/app/services";
import { applyChange } from "@/library/cache";
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
  const api = useApi();
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
    window.addEventListener("beforeunload", leaving);
    return () => {
      window.removeEventListener("beforeunload", leaving);
      onOpen(null);
      opened.close().catch(complain);
    };
  }, [api, queryClient, userId, onOpen]);

  useEffect(() => {
    if (limits !== null)
      uploads?.setLimits({ extensions: limits.extensions, maxBytes: limits.max_bytes });
  }, [uploads, limits]);

  if (uploads === null) return null;
  return <Tray uploads={uploads} limits={limits} />;
}
