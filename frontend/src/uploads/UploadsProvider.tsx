import { useQuery } from "@tanstack/react-query";
import { type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from "react";

import { answered } from "@/api/client";
import { lazyPart } from "@/app/lazyPart";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { UploadActionsContext } from "@/library/uploadActions";
import { UploadProgressContext } from "@/library/uploadProgress";
import { complain } from "@/ui/Toasts";

import { chooseFiles } from "./choose";
import { DropZone } from "./DropZone";
import type { Chosen } from "./engine/manager";
import { progressSource } from "./progress";
import type { Uploads } from "./uploads";

// After what is seen first: nobody uploads before there is a button to press.
const RunningUploads = lazyPart(async () => (await import("./RunningUploads")).RunningUploads);

interface Props {
  userId: string;
  children: ReactNode;
}

const NO_EXTENSIONS: readonly string[] = [];

/** Uploads of one person: they go on whatever page is shown. */
export function UploadsProvider({ userId, children }: Props) {
  const api = useApi();
  const [uploads, setUploads] = useState<Uploads | null>(null);
  // The same, for who has been waiting for a choice since before it was there.
  const current = useRef<Uploads | null>(null);
  // Chosen before there was anything to take them.
  const waiting = useRef<Chosen[]>([]);
  const limits = useQuery({
    queryKey: keys.limits,
    queryFn: () => answered(api.GET("/v1/limits")),
    staleTime: Infinity,
  });

  const opened = useCallback((running: Uploads | null) => {
    current.current = running;
    setUploads(running);
    if (running !== null && waiting.current.length > 0)
      running.add(waiting.current.splice(0)).catch(complain);
  }, []);

  const extensions = limits.data?.extensions ?? NO_EXTENSIONS;
  const actions = useMemo(() => {
    const add = (chosen: readonly Chosen[]) => {
      if (current.current === null) waiting.current.push(...chosen);
      else current.current.add(chosen).catch(complain);
    };
    const choose = () => {
      chooseFiles(extensions, true).then(add).catch(complain);
    };
    return { choose, add };
  }, [extensions]);
  const progress = useMemo(() => progressSource(uploads), [uploads]);

  return (
    <UploadActionsContext value={actions}>
      <UploadProgressContext value={progress}>
        {children}
        <DropZone onDrop={actions.add} />
        <Suspense>
          <RunningUploads userId={userId} limits={limits.data ?? null} onOpen={opened} />
        </Suspense>
      </UploadProgressContext>
    </UploadActionsContext>
  );
}
