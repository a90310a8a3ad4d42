import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Invite } from "@/api/types";
import { problem } from "@/app/aPage";

import { EMAIL, showSettings } from "./aSettingsPage";
import { inviteState } from "./inviteState";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 20_000 });

beforeEach(() => {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ registration: "invite" })));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the password", () => {
  const change = async () => {
    await userEvent.type(screen.getByLabelText("Current password"), "the old one");
    await userEvent.type(screen.getByLabelText("New password"), "the new one");
    await userEvent.click(screen.getByRole("button", { name: "Change password" }));
  };

  test("is changed, and it is said that all other sessions end", async () => {
    const { asked, bodies } = showSettings();
    await change();
    await screen.findByText("The password was changed.");
    await screen.findByText("All other sessions have ended.");
    expect(bodies("POST /auth/password")).toEqual([
      { current_password: "the old one", new_password: "the new one" },
    ]);
    expect(screen.getByLabelText("New password")).toHaveProperty("value", "");
    await waitFor(() => {
      expect(asked.filter(({ what }) => what === "GET /auth/sessions")).toHaveLength(2);
    });
  });

  test.each([
    ["password_wrong", 403, "Current password", "The password is wrong."],
    ["password_rejected", 422, "New password", "password_rejected"],
  ])("that is refused with %s is said at its field", async (code, status, label, words) => {
    showSettings({ answers: { "POST /auth/password": () => problem(status, code) } });
    await change();
    await screen.findByText(words);
    expect(screen.getByLabelText(label).getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByLabelText(label)).not.toHaveProperty("value", "");
  });
});

describe("the end of the account", () => {
  const end = async (email = EMAIL) => {
    await userEvent.click(await screen.findByRole("button", { name: "Delete the account …" }));
    const dialog = within(await screen.findByRole("dialog"));
    dialog.getByText(/3.4 MB in total/);
    await userEvent.type(dialog.getByLabelText(/To confirm, type/), email);
    await userEvent.type(dialog.getByLabelText("Password"), "a-long-walk");
    await userEvent.click(dialog.getByRole("button", { name: "Delete the account" }));
    return dialog;
  };

  test("ends the session here", async () => {
    const { bodies, session } = showSettings();
    await end(` ${EMAIL.toUpperCase()}`);
    await waitFor(() => {
      expect(session.getState()).toEqual({ status: "out", because: "deleted" });
    });
    expect(bodies("POST /me/delete")).toEqual([{ password: "a-long-walk" }]);
  });

  test("is not asked for by whoever does not confirm it", async () => {
    const { bodies } = showSettings();
    const dialog = await end("bob@example.com");
    await dialog.findByText("This is not the email of this account.");
    expect(bodies("POST /me/delete")).toEqual([]);
  });

  test.each([
    ["password_wrong", 403, /The password is wrong/],
    ["last_admin", 409, /only admin/],
    ["rate_limited", 429, /Too many tries/],
  ])("that is refused with %s changes nothing", async (code, status, words) => {
    const { session } = showSettings({
      answers: { "POST /me/delete": () => problem(status, code) },
    });
    const dialog = await end();
    await dialog.findByText(words);
    expect(session.getState().status).toBe("starting");
  });
});

describe("invites", () => {
  const open: Invite = {
    id: "1",
    email: "bob@example.com",
    expires_at: "2126-01-09T10:00:00Z",
    created_at: "2026-01-02T10:00:00Z",
    used_at: null,
  };

  test("are not shown to others, nor asked for", async () => {
    const { asked } = showSettings();
    await screen.findByText(EMAIL);
    expect(screen.queryByRole("heading", { name: "Invites" })).toBeNull();
    expect(asked.some(({ what }) => what.includes("invites"))).toBe(false);
  });

  test("are made for somebody, and the code is shown once", async () => {
    const made = { ...open, code: "4kX0wq3vX2m1", used_at: undefined };
    const { bodies } = showSettings({
      role: "admin",
      answers: { "POST /admin/invites": () => Response.json(made, { status: 201 }) },
    });
    const section = within(await screen.findByRole("region", { name: "Invites" }));
    await userEvent.type(section.getByLabelText("Email"), " bob@example.com ");
    await userEvent.selectOptions(section.getByLabelText("Valid for"), "1 day");
    await userEvent.click(section.getByRole("button", { name: "Invite somebody" }));
    await section.findByText("4kX0wq3vX2m1");
    section.getByText(`${window.location.origin}/register?invite=4kX0wq3vX2m1`);
    expect(bodies("POST /admin/invites")).toEqual([
      { email: "bob@example.com", expires_in_s: 86_400 },
    ]);
    await userEvent.click(section.getByRole("button", { name: "I have sent it" }));
    expect(screen.queryByText("4kX0wq3vX2m1")).toBeNull();
    section.getByLabelText("Email");
  });

  test("for anybody name no address", async () => {
    const { bodies } = showSettings({
      role: "admin",
      answers: { "POST /admin/invites": () => problem(403, "forbidden") },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Invite somebody" }));
    await screen.findByText("You are not allowed to do this.");
    expect(bodies("POST /admin/invites")).toEqual([{ email: null, expires_in_s: 604_800 }]);
  });

  test("are listed, and those that can still be used are ended", async () => {
    const { asked } = showSettings({
      role: "admin",
      invites: [
        open,
        { ...open, id: "2", email: null, used_at: "2026-01-03T10:00:00Z" },
        { ...open, id: "3", email: null, expires_at: "2026-01-03T10:00:00Z" },
      ],
    });
    const list = within(await screen.findByRole("list", { name: "Invites" }));
    await list.findByText("bob@example.com");
    expect(list.getAllByRole("listitem")).toHaveLength(3);
    expect(list.getAllByRole("button")).toHaveLength(1);
    await userEvent.click(list.getByRole("button", { name: "End the invite for bob@example.com" }));
    await screen.findByText("The invite has ended.");
    expect(asked.some(({ what }) => what === "DELETE /admin/invites/1")).toBe(true);
  });

  test("stand as their times say", () => {
    const now = Date.parse("2026-01-05T10:00:00Z");
    expect(inviteState(open, now)).toBe("open");
    expect(inviteState({ ...open, expires_at: "2026-01-05T10:00:00Z" }, now)).toBe("expired");
    expect(inviteState({ ...open, used_at: "2026-01-03T10:00:00Z" }, now)).toBe("used");
  });
});
