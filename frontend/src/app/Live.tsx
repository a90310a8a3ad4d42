import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useState } from "react";

import { follow, pauseOrOnline, type StreamState } from "@/api/stream";
import { applyChange } from "@/library/cache";
import { useWaiting } from "@/library/useWaiting";

import { useServices } from "./services";

const StreamContext = createContext<StreamState>("connecting");

export function useStreamState(): StreamState {
  return use(StreamContext);
}

/** Keeps what is shown fresh: one stream of changes for all of the page. */
export function Live({ children }: { children: ReactNode }) {
  const { apiUrl, session } = useServices();
  const queryClient = useQueryClient();
  useWaiting();
  const [state, setState] = useState<StreamState>("connecting");
  useEffect(() => {
    const leaving = new AbortController();
    void follow(
      {
        url: `${apiUrl}/v1/events`,
        session,
        fetch: window.fetch.bind(window),
        pause: pauseOrOnline,
      },
      leaving.signal,
      (change) => {
        applyChange(queryClient, change);
      },
      setState,
    );
    return () => {
      leaving.abort();
    };
  }, [apiUrl, session, queryClient]);
  return <StreamContext value={state}>{children}</StreamContext>;
}
