import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Share } from "@/api/types";
import { API, problem, showPage, someServices } from "@/app/aPage";
import { texts } from "@/app/texts";
import { aVideo } from "@/library/aVideo";

import { ShareDialog } from "./ShareDialog";

const words = texts.share;

function aShare(number: number, more: Partial<Share> = {}): Share {
  return {
    id: `share-${number}`,
    video_id: aVideo(1).id,
    token: `token-${number}`,
    url: `http://inside.test/embed/token-${number}`,
    embed_url: `http://inside.test/embed/token-${number}`,
    allowed_origins: [],
    download: false,
    expires_at: null,
    created_at: "2026-01-02T10:00:00Z",
    ...more,
  };
}

/** Shows the links of a video over an API that keeps them. */
function show(shares: Share[], refusal?: Response) {
  const bodies: unknown[] = [];
  const api = async (request: Request): Promise<Response> => {
    if (request.method === "POST") {
      if (refusal !== undefined) return refusal;
      const body = (await request.json()) as Partial<Share>;
      bodies.push(body);
      shares.unshift(aShare(9, body));
      return Response.json(shares[0], { status: 201 });
    }
    if (request.method === "DELETE") {
      const id = new URL(request.url).pathname.split("/").at(-1);
      const at = shares.findIndex((share) => share.id === id);
      if (at === -1) return problem(404, "not_found");
      shares.splice(at, 1);
      return new Response(null, { status: 204 });
    }
    return Response.json({ items: shares, next_cursor: null });
  };
  showPage(
    <ShareDialog video={aVideo(1)} open onOpenChange={() => undefined} />,
    someServices({ api }),
  );
  return bodies;
}

describe("the links to a video", () => {
  it("are made for a while, and for some websites", async () => {
    const bodies = show([]);
    expect(await screen.findByText(words.none)).toBeTruthy();
    const user = userEvent.setup();
    await user.type(screen.getByLabelText(words.origins), "https://a.example, https://b.example");
    await user.selectOptions(screen.getByLabelText(words.life), words.lives["604800"]);
    await user.click(screen.getByLabelText(words.download));
    await user.click(screen.getByRole("button", { name: words.make }));
    expect(await screen.findByText(`${API}/embed/token-9`)).toBeTruthy();
    expect(bodies).toMatchObject([
      { allowed_origins: ["https://a.example", "https://b.example"], download: true },
    ]);
    const [{ expires_at }] = bodies as [{ expires_at: string }];
    const days = (Date.parse(expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
  });

  it("are copied as they are reached, and as code for another page", async () => {
    show([aShare(1, { allowed_origins: ["https://a.example"] })]);
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: words.copyLink }));
    expect(await navigator.clipboard.readText()).toBe(`${API}/embed/token-1`);
    await user.click(screen.getByRole("button", { name: words.copyCode }));
    expect(await navigator.clipboard.readText()).toMatch(/^<iframe src="http:\/\/api.test\/embed/);
    expect(screen.getByText(words.only("https://a.example"), { exact: false })).toBeTruthy();
  });

  it("are ended after a question, also when that was done elsewhere", async () => {
    const shares = [aShare(1), aShare(2)];
    show(shares);
    const user = userEvent.setup();
    const row = (await screen.findByText(`${API}/embed/token-1`)).closest("li") as HTMLElement;
    await user.click(
      within(row).getByRole("button", { name: words.endOf(`${API}/embed/token-1`) }),
    );
    expect(shares).toHaveLength(2);
    shares.shift();
    await user.click(within(row).getByRole("button", { name: words.end }));
    await waitFor(() => {
      expect(screen.queryByText(`${API}/embed/token-1`)).toBeNull();
    });
    expect(screen.getByText(`${API}/embed/token-2`)).toBeTruthy();
  });

  it("that have expired are not offered to be copied", async () => {
    show([aShare(1, { expires_at: "2026-01-03T10:00:00Z" })]);
    expect(await screen.findByText(new RegExp(words.expired))).toBeTruthy();
    expect(screen.queryByRole("button", { name: words.copyLink })).toBeNull();
  });

  it("are refused in words, at the field where one can tell", async () => {
    const errors = [{ pointer: "/allowed_origins", code: "value_error", message: "No origin." }];
    const body = { code: "validation_failed", detail: "No origin.", errors };
    show([], Response.json(body, { status: 422 }));
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: words.make }));
    expect(await screen.findByText("No origin.")).toBeTruthy();
  });
});
