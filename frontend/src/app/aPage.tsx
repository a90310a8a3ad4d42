/** What a part of the page stands in, over an API that answers from memory, for tests. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import createClient from "openapi-fetch";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";

import type { paths } from "@/api/schema";
import { Session, type SessionParts } from "@/api/session";
import { UploadActionsContext } from "@/library/uploadActions";
import { Toasts } from "@/ui/Toasts";

import { createQueryClient } from "./queries";
import { type Services, ServicesContext } from "./services";

export const API = "http://api.test";

interface Answers {
  api?: (request: Request) => Promise<Response>;
  session?: SessionParts["fetch"];
}

export function someServices({
  api,
  session = () => Promise.reject(new TypeError("No network.")),
}: Answers): Services {
  const outside = { now: Date.now, channel: null, locks: null, hint: null };
  return {
    apiUrl: API,
    session: new Session({ apiUrl: API, fetch: session, ...outside }),
    api: createClient<paths>({ baseUrl: API, ...(api && { fetch: api }) }),
  };
}

interface Place {
  at?: string;
  choose?: () => void;
}

/** Returns what was loaded, to be changed. */
export function showPage(
  page: ReactNode,
  services: Services,
  { at = "/", choose = () => undefined }: Place = {},
) {
  const client = createQueryClient();
  render(
    <ServicesContext value={services}>
      <QueryClientProvider client={client}>
        <UploadActionsContext value={{ choose, add: () => undefined }}>
          <Toasts>
            <MemoryRouter initialEntries={[at]}>{page}</MemoryRouter>
          </Toasts>
        </UploadActionsContext>
      </QueryClientProvider>
    </ServicesContext>,
  );
  return client;
}

export function problem(status: number, code: string): Response {
  return Response.json(
    { code, detail: code, title: code, status, type: "about:blank", retryable: false },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
