import { useQueryClient } from "@tanstack/react-query";
import { Fragment, type ReactNode, Suspense, useEffect, useState } from "react";

import { pauseOrOnline } from "@/api/stream";
import { lazyPart } from "@/app/lazyPart";
import { Message } from "@/app/Message";
import { useServices, useSessionState } from "@/app/services";
import { texts } from "@/app/texts";
import { complain } from "@/ui/Toasts";

const AuthPage = lazyPart(async () => (await import("./AuthPage")).AuthPage);

const PAUSE_MS = 3000;

/** Shows the page to somebody who is logged in, and the way in to everybody else. */
export function SessionGate({ children }: { children: (userId: string) => ReactNode }) {
  const { session } = useServices();
  const state = useSessionState();
  const queryClient = useQueryClient();
  const [unreachable, setUnreachable] = useState(false);
  const userId = state.status === "in" ? state.userId : null;

  useEffect(() => {
    if (state.status !== "starting") return;
    const leaving = new AbortController();
    const start = async () => {
      while (!leaving.signal.aborted) {
        try {
          await session.start();
          return;
        } catch {
          setUnreachable(true);
          await pauseOrOnline(PAUSE_MS, leaving.signal);
        }
      }
    };
    start().catch(complain);
    return () => {
      leaving.abort();
    };
  }, [session, state.status]);

  // What one person was shown must not be there for the next.
  useEffect(() => {
    if (userId !== null)
      return () => {
        queryClient.clear();
      };
  }, [userId, queryClient]);

  if (state.status === "starting")
    return unreachable ? (
      <Message title={texts.app.startFailed} hint={texts.app.startFailedHint} />
    ) : (
      <p className="visually-hidden" role="status">
        {texts.app.starting}
      </p>
    );
  if (state.status === "out")
    return (
      <Suspense>
        <AuthPage because={state.because} />
      </Suspense>
    );
  return <Fragment key={state.userId}>{children(state.userId)}</Fragment>;
}
