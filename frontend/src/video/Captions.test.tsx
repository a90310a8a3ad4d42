import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { TextTrack } from "@/api/types";
import { problem, showPage, someServices } from "@/app/aPage";
import { texts } from "@/app/texts";
import { aVideo } from "@/library/aVideo";

import { Captions } from "./Captions";

const words = texts.captions;
const GERMAN: TextTrack = {
  id: "1",
  kind: "text",
  language: "de",
  name: null,
  default: true,
  forced: false,
  from_file: true,
  size: 2000,
  url: "https://store.test/1.vtt",
  created_at: "2026-01-02T10:00:00Z",
  updated_at: "2026-01-02T10:00:00Z",
};

function show(answer: (request: Request) => Promise<Response> | Response) {
  const asked: { method: string; body: unknown }[] = [];
  let items = [GERMAN];
  const fetch = async (request: Request) => {
    if (request.method === "GET") return Response.json({ items, next_cursor: null });
    const body: unknown = request.method === "DELETE" ? null : await request.clone().json();
    asked.push({ method: request.method, body });
    const answered = await answer(request);
    if (answered.ok && request.method === "DELETE") items = [];
    return answered;
  };
  showPage(<Captions video={aVideo(1)} />, someServices({ api: fetch }));
  return asked;
}

async function choose(file: File): Promise<HTMLElement> {
  await userEvent.click(await screen.findByRole("button", { name: words.add }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.upload(within(dialog).getByLabelText(new RegExp(words.file)), file);
  return dialog;
}

describe("captions", () => {
  it("are listed with what is known of them", async () => {
    show(() => problem(500, "x"));
    const item = await screen.findByRole("listitem");
    expect(item.textContent).toContain("German");
    expect(item.textContent).toContain(words.fromFile);
    expect(item.textContent).toContain(words.shownFirst);
  });

  it("are added from a file, whose name tells the language", async () => {
    const asked = show(() => Response.json(GERMAN, { status: 201 }));
    const dialog = await choose(new File(["1\n…"], "film.pt-BR.srt"));
    expect(within(dialog).getByLabelText(words.language)).toHaveProperty("value", "pt-BR");
    await userEvent.click(within(dialog).getByRole("button", { name: words.save }));
    await waitFor(() => {
      expect(screen.queryByRole("dialog")).toBeNull();
    });
    const body = { kind: "text", language: "pt-BR", text: "1\n…", default: false };
    expect(asked).toEqual([{ method: "POST", body }]);
  });

  it("that cannot be read are told with their lines", async () => {
    const errors = [
      { pointer: "/text", code: "bad_time", message: "Line 2: a time is expected here." },
      { pointer: "/text", code: "bad_order", message: "Line 6: the text ends before it begins." },
    ];
    show(() => Response.json({ code: "validation_failed", errors }, { status: 422 }));
    const dialog = await choose(new File(["x"], "film.de.srt"));
    await userEvent.click(within(dialog).getByRole("button", { name: words.save }));
    const alert = await within(dialog).findByRole("alert");
    for (const { message } of errors) expect(alert.textContent).toContain(message);
  });

  it("need a file that is not too large", async () => {
    const asked = show(() => Response.json(GERMAN, { status: 201 }));
    const dialog = await choose(new File([new Uint8Array(1024 * 1024 + 1)], "film.de.srt"));
    await userEvent.click(within(dialog).getByRole("button", { name: words.save }));
    expect((await within(dialog).findByRole("alert")).textContent).toContain(words.tooLarge);
    expect(asked).toEqual([]);
  });

  it("are removed after a question", async () => {
    const asked = show(() => new Response(null, { status: 204 }));
    await userEvent.click(await screen.findByRole("button", { name: words.actionsOf("German") }));
    await userEvent.click(await screen.findByRole("menuitem", { name: words.remove }));
    expect(asked).toEqual([]);
    const dialog = await screen.findByRole("dialog", { name: words.removeTitle });
    await userEvent.click(within(dialog).getByRole("button", { name: words.remove }));
    expect(await screen.findByText(words.none)).toBeTruthy();
    expect(asked).toEqual([{ method: "DELETE", body: null }]);
  });
});
