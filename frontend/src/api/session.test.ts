import { describe, expect, it } from "vitest";

import { ApiError } from "./problem";
import { Session, type SessionParts } from "./session";

/** A service with one account, as far as sessions are concerned; counts what it is asked. */
class Service {
  refreshes = 0;
  alive = true;
  reachable = true;
  issued = 0;
  /** Refreshes wait for it: lets a test have several under way. */
  gate: Promise<void> = Promise.resolve();

  fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const path = String(input instanceof Request ? input.url : input);
    if (!this.reachable) throw new TypeError("Failed to fetch");
    if (path === "/v1/auth/logout") {
      this.alive = false;
      return new Response(null, { status: 204 });
    }
    if (path === "/v1/auth/login") this.alive = true;
    if (path === "/v1/auth/refresh") {
      this.refreshes += 1;
      await this.gate;
    }
    if (!this.alive)
      return Response.json({ code: "session_revoked", detail: "Over." }, { status: 401 });
    this.issued += 1;
    return Response.json({ access_token: token("ada", this.issued), expires_in: 600 });
  };
}

function token(user: string, number: number): string {
  return `head.${btoa(JSON.stringify({ sub: user, number }))}.signature`;
}

/** Tabs of one browser: what one posts, the others hear; locks are theirs together. */
class Browser {
  now = 1_000_000;
  #tabs = new Map<object, (event: MessageEvent) => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #stored = new Map<string, string>([["framemill.session", "1"]]);

  tab(service: Service): Session {
    const own = {};
    const channel = {
      postMessage: (data: unknown) => {
        for (const [tab, hear] of this.#tabs)
          if (tab !== own) hear(new MessageEvent("message", { data }));
      },
      addEventListener: (_kind: string, hear: (event: MessageEvent) => void) => {
        this.#tabs.set(own, hear);
      },
    };
    const locks = {
      request: (_name: string, work: () => Promise<void>) => {
        const done = this.#turn.then(work);
        this.#turn = done.catch(() => undefined);
        return done;
      },
    };
    const hint = {
      getItem: (key: string) => this.#stored.get(key) ?? null,
      setItem: (key: string, value: string) => this.#stored.set(key, value),
      removeItem: (key: string) => this.#stored.delete(key),
    };
    return new Session({
      apiUrl: "",
      fetch: service.fetch,
      now: () => this.now,
      channel,
      locks,
      hint,
    } as unknown as SessionParts);
  }
}

describe("a session", () => {
  it("takes up what the cookie holds", async () => {
    const session = new Browser().tab(new Service());
    await session.start();
    expect(session.getState()).toEqual({ status: "in", userId: "ada" });
  });

  it("asks for nothing when nobody was ever logged in", async () => {
    const service = new Service();
    const browser = new Browser();
    const session = browser.tab(service);
    await session.logIn("ada@example.com", "pw");
    await session.logOut();
    const next = browser.tab(service);
    await next.start();
    expect(next.getState()).toEqual({ status: "out", because: "nobody" });
    expect(service.refreshes).toBe(0);
  });

  it("does not take an unreachable service for an ended session", async () => {
    const service = new Service();
    service.reachable = false;
    const session = new Browser().tab(service);
    await expect(session.start()).rejects.toMatchObject({ code: "offline" });
    expect(session.getState().status).toBe("starting");
    service.reachable = true;
    await session.start();
    expect(session.getState().status).toBe("in");
  });

  it("keeps a token until shortly before its end", async () => {
    const service = new Service();
    const browser = new Browser();
    const session = browser.tab(service);
    await session.start();
    const first = await session.token();
    browser.now += 500_000;
    expect(await session.token()).toBe(first);
    browser.now += 90_000;
    expect(await session.token()).not.toBe(first);
    expect(service.refreshes).toBe(2);
  });

  it("refreshes once for all who ask at the same time, in all tabs", async () => {
    const service = new Service();
    const browser = new Browser();
    const tabs = [browser.tab(service), browser.tab(service), browser.tab(service)];
    await tabs[0]?.start();
    browser.now += 3_600_000;
    const tokens = await Promise.all(tabs.flatMap((tab) => [tab.token(), tab.token()]));
    expect(new Set(tokens).size).toBe(1);
    expect(service.refreshes).toBe(2);
  });

  it("gets another token in place of one that was refused", async () => {
    const session = new Browser().tab(new Service());
    await session.start();
    const first = await session.token();
    expect(await session.token(first)).not.toBe(first);
  });

  it("ends in all tabs when it is revoked, and says why", async () => {
    const service = new Service();
    const browser = new Browser();
    const [one, other] = [browser.tab(service), browser.tab(service)];
    await one.start();
    await other.start();
    one.ended(await one.token());
    expect(one.getState()).toEqual({ status: "out", because: "ended" });
    expect(other.getState()).toEqual({ status: "out", because: "ended" });
  });

  it("is not ended by what was said of an older token", async () => {
    const session = new Browser().tab(new Service());
    await session.start();
    const old = await session.token();
    await session.token(old);
    session.ended(old);
    expect(session.getState().status).toBe("in");
  });

  it("is left in all tabs on log-out", async () => {
    const service = new Service();
    const browser = new Browser();
    const [one, other] = [browser.tab(service), browser.tab(service)];
    await one.logIn("ada@example.com", "pw");
    expect(other.getState().status).toBe("in");
    await other.logOut();
    expect(one.getState()).toEqual({ status: "out", because: "left" });
    await expect(one.token()).rejects.toBeInstanceOf(ApiError);
  });

  it("is over in all tabs when the account is ended, and they know why", async () => {
    const browser = new Browser();
    const service = new Service();
    const [one, other] = [browser.tab(service), browser.tab(service)];
    await Promise.all([one.start(), other.start()]);
    one.accountDeleted();
    expect(one.getState()).toEqual({ status: "out", because: "deleted" });
    expect(other.getState()).toEqual({ status: "out", because: "deleted" });
    // Nothing is likely any more.
    const next = browser.tab(service);
    await next.start();
    expect(next.getState()).toEqual({ status: "out", because: "nobody" });
  });

  it("tells that it ended when a refresh is refused", async () => {
    const service = new Service();
    const browser = new Browser();
    const session = browser.tab(service);
    await session.start();
    service.alive = false;
    browser.now += 3_600_000;
    await expect(session.token()).rejects.toMatchObject({ code: "session_revoked" });
    expect(session.getState()).toEqual({ status: "out", because: "ended" });
  });
});
