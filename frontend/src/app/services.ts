/** What the page is made of, opened once in `main.tsx` and handed down. */
import { createContext, use, useSyncExternalStore } from "react";

import type { Api } from "@/api/client";
import type { Session, SessionState } from "@/api/session";

export interface Services {
  /** Where the API is, without a slash at its end; empty for this page's own origin. */
  apiUrl: string;
  session: Session;
  api: Api;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === null) throw new Error("There is no ServicesContext above this component.");
  return services;
}

export function useApi(): Api {
  return useServices().api;
}

export function useSessionState(): SessionState {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, session.getState);
}
