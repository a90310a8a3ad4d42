import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test, vi } from "vitest";

import type { OutBecause } from "@/api/session";
import { problem, showPage, someServices } from "@/app/aPage";

import { AuthPage } from "./AuthPage";
import { inviteLink } from "./place";

afterEach(() => {
  vi.unstubAllGlobals();
});

interface Given {
  registration: string;
  at?: string;
  because?: OutBecause;
  refuse?: string;
}

/** The way in, over an API that refuses every registration with a code. */
function show({ registration, at = "/", because = "nobody", refuse = "invalid_state" }: Given) {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ registration })));
  const services = someServices({
    session: (_path, init) => {
      sent.push(JSON.parse(init?.body as string));
      return Promise.resolve(problem(403, refuse));
    },
  });
  showPage(<AuthPage because={because} />, services, { at });
  return sent;
}

async function submit(): Promise<void> {
  await userEvent.type(await screen.findByLabelText("Email"), "ada@example.com");
  await userEvent.type(screen.getByLabelText("Password"), "a-long-walk");
  await userEvent.click(screen.getByRole("button", { name: "Create account" }));
}

describe("where anybody may make an account", () => {
  test("no invite is asked for, and none is sent", async () => {
    const sent = show({ registration: "open", at: "/register?invite=abc" });
    await submit();
    expect(screen.queryByLabelText("Invite code")).toBeNull();
    expect(sent).toEqual([{ email: "ada@example.com", password: "a-long-walk" }]);
  });
});

describe("where one needs an invite", () => {
  test("the code is there when one comes by its link", async () => {
    const { pathname, search } = new URL(inviteLink("http://films.test", "4kX0wq3vX2m1-_"));
    const sent = show({
      registration: "invite",
      at: pathname + search,
      refuse: "invite_invalid",
    });
    await submit();
    expect(sent).toEqual([
      { email: "ada@example.com", password: "a-long-walk", invite: "4kX0wq3vX2m1-_" },
    ]);
    // At the field that it is about, and what was typed stays.
    const field = await screen.findByLabelText("Invite code");
    await waitFor(() => {
      expect(field.getAttribute("aria-invalid")).toBe("true");
    });
    screen.getByText(/invite is not valid/);
    expect(screen.getByLabelText("Email")).toHaveProperty("value", "ada@example.com");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("without one it is said that one is needed", async () => {
    const sent = show({ registration: "invite", refuse: "invite_required" });
    await userEvent.click(await screen.findByRole("button", { name: "Create an account" }));
    await submit();
    await screen.findByText(/You need an invite\. Ask/);
    expect(sent).toEqual([{ email: "ada@example.com", password: "a-long-walk" }]);
  });
});

describe("where nobody may make an account", () => {
  test("it is said whom to ask, beside the way in", async () => {
    show({ registration: "closed" });
    await screen.findByText("No account yet? Ask the admin for an account.");
    expect(screen.queryByRole("button", { name: "Create an account" })).toBeNull();
    screen.getByRole("button", { name: "Log in" });
  });

  test("an invite's link leads to the same words and no form", async () => {
    show({ registration: "closed", at: "/register?invite=abc" });
    await screen.findByText("You cannot create an account here");
    expect(screen.queryByLabelText("Email")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Log in" }));
    screen.getByLabelText("Email");
  });

  test("that it was closed meanwhile is said", async () => {
    show({ registration: "open", at: "/register", refuse: "registration_closed" });
    await submit();
    await screen.findByText(/You cannot create an account here/);
  });
});

test("who has ended the account is told so", async () => {
  show({ registration: "open", because: "deleted" });
  await screen.findByText("Your account is deleted");
});
