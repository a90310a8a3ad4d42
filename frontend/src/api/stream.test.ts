import { describe, expect, it } from "vitest";

import type { Session } from "./session";
import { type Change, follow, type StreamState } from "./stream";

const VIDEO = 'event: video\nid: 2\ndata: {"id":"v1","version":2}\n\n';

function answer(text: string): Response {
  return new Response(text, { headers: { "Content-Type": "text/event-stream" } });
}

function refusal(code: string, status = 401): Response {
  return Response.json({ code, detail: "No." }, { status });
}

/** Follow a service that answers so, one answer a connection, until they are used up. */
async function followed(answers: (Response | Error)[]) {
  const leaving = new AbortController();
  const changes: Change[] = [];
  const states: StreamState[] = [];
  const tokens: string[] = [];
  let ended = "";
  let issued = 0;
  const session = {
    token: (refused: string | null) => {
      if (refused !== null || issued === 0) issued += 1;
      return Promise.resolve(`token-${issued}`);
    },
    ended: (token: string) => {
      ended = token;
    },
  } as unknown as Session;
  const fetchAnswer = (_url: unknown, init?: RequestInit): Promise<Response> => {
    tokens.push(new Headers(init?.headers).get("Authorization") ?? "");
    const next = answers.shift();
    return next instanceof Response ? Promise.resolve(next) : Promise.reject(next ?? new Error());
  };
  await follow(
    {
      url: "/v1/events",
      session,
      fetch: fetchAnswer,
      pause: () => {
        if (answers.length === 0) leaving.abort();
        return Promise.resolve();
      },
    },
    leaving.signal,
    (change) => changes.push(change),
    (state) => states.push(state),
  );
  return { changes, states, tokens, ended };
}

describe("following changes", () => {
  it("gives videos and deletions", async () => {
    const { changes, tokens } = await followed([
      answer(VIDEO + 'event: deleted\ndata: {"id":"v1"}\n\n'),
    ]);
    expect(changes).toEqual([
      { kind: "video", video: { id: "v1", version: 2 } },
      { kind: "deleted", id: "v1" },
    ]);
    expect(tokens).toEqual(["Bearer token-1"]);
  });

  it("connects anew and says that something may have been missed", async () => {
    const { changes, states } = await followed([answer(VIDEO), new TypeError("lost"), answer("")]);
    expect(changes.map((change) => change.kind)).toEqual(["video", "reconnected"]);
    expect(states.filter((state, at) => state !== states[at - 1])).toEqual([
      "connecting",
      "live",
      "lost",
      "live",
      "lost",
    ]);
  });

  it("has the page ask while no stream is to be had", async () => {
    const busy = () => refusal("rate_limited", 429);
    const { changes } = await followed([busy(), busy(), answer(VIDEO)]);
    expect(changes.map((change) => change.kind)).toEqual(["reconnected", "reconnected", "video"]);
  });

  it("exchanges a token that has run out", async () => {
    const { tokens, ended } = await followed([refusal("token_expired"), answer("")]);
    expect(tokens).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(ended).toBe("");
  });

  it("ends with the session", async () => {
    const { tokens, ended } = await followed([refusal("session_revoked"), answer("")]);
    expect(tokens).toHaveLength(1);
    expect(ended).toBe("token-1");
  });
});
