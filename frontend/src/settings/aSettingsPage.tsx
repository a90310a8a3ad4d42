/** The settings over an API that lives in memory, for tests. */
import type { Invite } from "@/api/types";
import { problem, showPage, someServices } from "@/app/aPage";

import { SettingsPage } from "./SettingsPage";

export const EMAIL = "ada@example.com";

interface Given {
  role?: string;
  invites?: Invite[];
  /** Answers what is to be answered otherwise, by `METHOD /path`. */
  answers?: Record<string, () => Response>;
}

export function showSettings({ role = "user", invites = [], answers = {} }: Given = {}) {
  const asked: { what: string; body: unknown }[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const text = await request.text();
    const what = `${request.method} ${pathname.replace("/v1", "")}`;
    asked.push({ what, body: text === "" ? null : (JSON.parse(text) as unknown) });
    return answers[what]?.() ?? answer(what, role, invites);
  };
  const services = someServices({ api: fetch });
  showPage(<SettingsPage />, services);
  const bodies = (wanted: string) =>
    asked.filter(({ what }) => what === wanted).map(({ body }) => body);
  return { asked, bodies, session: services.session };
}

function answer(what: string, role: string, invites: Invite[]): Response {
  switch (what) {
    case "GET /me":
      return Response.json({ id: "1", email: EMAIL, role, created_at: "2026-01-02T10:00:00Z" });
    case "GET /limits":
      return Response.json({
        max_bytes: 1,
        extensions: [],
        bytes_used: 3_400_000,
        bytes_allowed: null,
        active: 0,
        active_allowed: null,
      });
    case "GET /auth/sessions":
      return Response.json({ items: [] });
    case "GET /admin/invites":
      return Response.json({ items: invites, next_cursor: null });
    default:
      return what.startsWith("GET")
        ? problem(404, "not_found")
        : new Response(null, { status: 204 });
  }
}
