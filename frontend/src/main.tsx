import "@/app/theme.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createApi } from "@/api/client";
import { Session } from "@/api/session";
import { App } from "@/app/App";
import { loadConfig } from "@/app/config";
import { guarded } from "@/app/guarded";
import { createQueryClient } from "@/app/queries";

const element = document.getElementById("root");
if (element === null) throw new Error("The page has no #root.");

const { apiUrl } = await loadConfig();
const session = new Session({
  apiUrl,
  fetch: window.fetch.bind(window),
  now: () => Date.now(),
  channel: "BroadcastChannel" in window ? new BroadcastChannel("framemill-session") : null,
  // Only there where the page is secure: over HTTPS, or on this very machine.
  locks: "locks" in navigator ? navigator.locks : null,
  hint: guarded(() => window.localStorage),
});
const services = { apiUrl, session, api: createApi(apiUrl, session) };

createRoot(element).render(
  <StrictMode>
    <App services={services} queryClient={createQueryClient()} />
  </StrictMode>,
);
