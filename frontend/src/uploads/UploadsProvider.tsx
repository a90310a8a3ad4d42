import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useState } from "react";

import { answered } from "@/api/client";
import type { Video } from "@/api/types";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { applyChange } from "@/library/cache";
import { UploadActionsContext } from "@/library/uploadActions";
import { UploadProgressContext } from "@/library/uploadProgress";
import { complain } from "@/ui/Toasts";

import { uploadApi } from "./api";
import { chooseFiles } from "./choose";
import { DropZone } from "./DropZone";
import { UploadManager } from "./engine/manager";
import { progressSource } from "./progress";
import { Tray } from "./Tray";
import type { Uploads } from "./uploads";

interface Props {
  userId: string;
  children: ReactNode;
}

const NO_EXTENSIONS: readonly string[] = [];

/** Uploads of one person: they go on whatever page is shown. */
export function UploadsProvider({ userId, children }: Props) {
  const api = useApi();
  const queryClient = useQueryClient();
  const [manager, setManager] = useState<Uploads | null>(null);
  const limits = useQuery({
    queryKey: keys.limits,
    queryFn: () => answered(api.GET("/v1/limits")),
    staleTime: Infinity,
  });

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
    setManager(opened);
    const leaving = (event: BeforeUnloadEvent) => {
      if (opened.busy) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => {
      window.removeEventListener("beforeunload", leaving);
      opened.close().catch(complain);
    };
  }, [api, queryClient, userId]);

  useEffect(() => {
    if (limits.data !== undefined)
      manager?.setLimits({
        extensions: limits.data.extensions,
        maxBytes: limits.data.max_bytes,
      });
  }, [manager, limits.data]);

  const extensions = limits.data?.extensions ?? NO_EXTENSIONS;
  const actions = useMemo(
    () => ({
      choose: () => {
        chooseFiles(extensions, true)
          .then((chosen) => manager?.add(chosen))
          .catch(complain);
      },
      add: (files: File[]) => {
        manager?.add(files).catch(complain);
      },
    }),
    [manager, extensions],
  );
  const progress = useMemo(() => progressSource(manager), [manager]);

  return (
    <UploadActionsContext value={actions}>
      <UploadProgressContext value={progress}>
        {children}
        {manager !== null && (
          <>
            <DropZone manager={manager} />
            <Tray manager={manager} extensions={extensions} limits={limits.data ?? null} />
          </>
        )}
      </UploadProgressContext>
    </UploadActionsContext>
  );
}
