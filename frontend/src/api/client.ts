/** The API as typed calls, made from its OpenAPI document. */
import createClient, { type Client, type FetchResponse } from "openapi-fetch";
import type { MediaType } from "openapi-typescript-helpers";

import { offline, problemOf } from "./problem";
import type { paths } from "./schema";
import type { Session } from "./session";

export type Api = Client<paths>;

/**
 * Return a client whose calls carry the session's access token.
 *
 * A token that has run out is exchanged and the call made once more; that a session has ended is
 * told to the session.
 */
export function createApi(apiUrl: string, session: Session): Api {
  return createClient<paths>({ baseUrl: apiUrl, fetch: authorized(session) });
}

export function authorized(session: Session): (request: Request) => Promise<Response> {
  return async (request) => {
    const again = request.clone();
    const token = await session.token();
    const response = await send(request, token);
    if (response.status !== 401) return response;
    const { code } = problemOf(
      response,
      await response
        .clone()
        .json()
        .catch(() => null),
    );
    if (code === "token_expired" || code === "token_invalid")
      return send(again, await session.token(token));
    session.ended(token);
    return response;
  };
}

async function send(request: Request, token: string): Promise<Response> {
  request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw offline();
  }
}

/** Return what a call answered; throw an `ApiError` when it was refused. */
export async function answered<T extends Record<string | number, unknown>, O, M extends MediaType>(
  call: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>["data"]>> {
  const { data, error, response } = await call;
  if (error !== undefined || !response.ok) throw problemOf(response, error);
  return data as NonNullable<FetchResponse<T, O, M>["data"]>;
}
