/**
 * The session of this browser: one refresh token in a cookie that scripts cannot read, and an access
 * token that is held in memory only.
 *
 * All tabs share both. A refresh rotates the cookie, so one tab does it at a time (a Web Lock) and
 * tells the others the new access token (a BroadcastChannel); they hear too that a session ended.
 */
import { ApiError, offline, problemOf } from "./problem";

export type SessionState =
  | { status: "starting" }
  | { status: "in"; userId: string }
  | { status: "out"; because: OutBecause };

/** Why nobody is logged in; `deleted`: the account was ended here. */
export type OutBecause = "nobody" | "left" | "ended" | "deleted";

interface Access {
  token: string;
  /** Milliseconds of `now()`. */
  expiresAt: number;
  userId: string;
}

type Word =
  | { kind: "access"; access: Access }
  | { kind: "out"; because: Exclude<OutBecause, "nobody">; userId: string };

export interface SessionParts {
  /** Where the API is, without a slash at its end; empty for this page's own origin. */
  apiUrl: string;
  fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  now: () => number;
  channel: Pick<BroadcastChannel, "postMessage" | "addEventListener"> | null;
  locks: Pick<LockManager, "request"> | null;
  /** Remembers only whether a session is likely, so that a first visit asks for none. */
  hint: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
}

const REFRESH_LOCK = "framemill-refresh";
const HINT = "framemill.session";
/** A token is not used in the last seconds of its life: the request has to arrive with it. */
const MARGIN_MS = 20_000;

export class Session {
  #state: SessionState = { status: "starting" };
  #access: Access | null = null;
  #listeners = new Set<() => void>();
  #refreshing: Promise<void> | null = null;

  constructor(private readonly parts: SessionParts) {
    parts.channel?.addEventListener("message", (event: MessageEvent<Word>) => {
      this.#hear(event.data);
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getState = (): SessionState => this.#state;

  /** Take up the session that the cookie holds, if there is one. */
  async start(): Promise<void> {
    if (this.parts.hint?.getItem(HINT) === null) {
      this.#become({ status: "out", because: "nobody" });
      return;
    }
    try {
      await this.#refresh(null);
    } catch (error) {
      // Without an answer it is not known whether there is a session: `starting` goes on.
      if (error instanceof ApiError && error.retryable) throw error;
    }
  }

  async logIn(email: string, password: string): Promise<void> {
    this.#take(await this.#ask("/v1/auth/login", { email, password, client: "browser" }), true);
  }

  /** @param invite the code that an admin gave; null where none is needed. */
  async register(email: string, password: string, invite: string | null = null): Promise<void> {
    const asked = { email, password, ...(invite === null ? {} : { invite }) };
    await this.#call("/v1/auth/register", asked);
    await this.logIn(email, password);
  }

  /** End this browser's session, in all its tabs. */
  async logOut(): Promise<void> {
    await this.#call("/v1/auth/logout", null);
    this.#leave("left", true);
  }

  /** The account has just been ended: nobody is logged in any more, in any tab. */
  accountDeleted(): void {
    this.#leave("deleted", true);
  }

  /**
   * Return an access token that is good for a while.
   *
   * @param refused a token that the API has just refused: another one is wanted.
   * @throws ApiError `session_revoked` when the session has ended, `offline` without an answer.
   */
  async token(refused: string | null = null): Promise<string> {
    const access = this.#access;
    const good = access !== null && access.expiresAt - MARGIN_MS > this.parts.now();
    if (!good || access.token === refused) await this.#refresh(refused);
    if (this.#access === null) throw new ApiError("session_revoked", 401, "The session has ended.");
    return this.#access.token;
  }

  /** The API says that the session of this token is over. */
  ended(token: string): void {
    if (this.#access?.token === token) this.#leave("ended", true);
  }

  #refresh(refused: string | null): Promise<void> {
    this.#refreshing ??= this.#exclusively(async () => {
      const access = this.#access;
      // Another tab may have been quicker while this one waited for its turn.
      if (
        access !== null &&
        access.token !== refused &&
        access.expiresAt - MARGIN_MS > this.parts.now()
      )
        return;
      try {
        this.#take(await this.#ask("/v1/auth/refresh", null), true);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        this.#leave(this.#access === null ? "nobody" : "ended", true);
      }
    }).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.parts.locks === null) await work();
    else await this.parts.locks.request(REFRESH_LOCK, work);
  }

  async #ask(path: string, body: object | null): Promise<Access> {
    const answer = (await this.#call(path, body)) as { access_token: string; expires_in: number };
    return {
      token: answer.access_token,
      expiresAt: this.parts.now() + answer.expires_in * 1000,
      userId: subjectOf(answer.access_token),
    };
  }

  async #call(path: string, body: object | null): Promise<unknown> {
    let response: Response;
    try {
      response = await this.parts.fetch(this.parts.apiUrl + path, {
        method: "POST",
        credentials: "include",
        headers: body === null ? {} : { "Content-Type": "application/json" },
        body: body === null ? null : JSON.stringify(body),
      });
    } catch {
      throw offline();
    }
    const text = await response.text().catch(() => "");
    const answer = parsed(text);
    if (!response.ok) throw problemOf(response, answer);
    return answer;
  }

  #take(access: Access, tell: boolean): void {
    this.#access = access;
    this.parts.hint?.setItem(HINT, "1");
    if (tell) this.#tell({ kind: "access", access });
    if (this.#state.status !== "in" || this.#state.userId !== access.userId)
      this.#become({ status: "in", userId: access.userId });
  }

  #leave(because: OutBecause, tell: boolean): void {
    const userId = this.#access?.userId;
    this.#access = null;
    this.parts.hint?.removeItem(HINT);
    if (tell && userId !== undefined && because !== "nobody")
      this.#tell({ kind: "out", because, userId });
    this.#become({ status: "out", because });
  }

  #hear(word: Word): void {
    if (word.kind === "access") this.#take(word.access, false);
    else if (this.#access?.userId === word.userId) this.#leave(word.because, false);
  }

  #tell(word: Word): void {
    this.parts.channel?.postMessage(word);
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Read whose token it is. It is not verified: only the API trusts it. */
function subjectOf(token: string): string {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const claims = parsed(atob(payload)) as { sub?: string } | null;
  return claims?.sub ?? "";
}
