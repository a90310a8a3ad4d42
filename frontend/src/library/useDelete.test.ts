import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { API, problem, someServices } from "@/app/aPage";
import { keys, type LibraryView } from "@/app/queries";

import { aVideo } from "./aVideo";
import type { LibraryData } from "./cache";
import { pendingDeletes, UNDO_MS } from "./pendingDeletes";
import { deleteWithUndo } from "./useDelete";

const TOKEN = `x.${btoa(JSON.stringify({ sub: "me" }))}.x`;
const VIEW: LibraryView = { q: "", states: [], sort: "newest" };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function aPage(answer: () => Response) {
  const asked: string[] = [];
  const services = someServices({
    api: (request) => {
      asked.push(`${request.method} ${request.url}`);
      return Promise.resolve(answer());
    },
    session: () => Promise.resolve(Response.json({ access_token: TOKEN, expires_in: 600 })),
  });
  const client = new QueryClient();
  const held = (ids: number[]): LibraryData => ({
    pages: [{ items: ids.map((n) => aVideo(n)), next_cursor: null }],
    pageParams: [null],
  });
  client.setQueryData(keys.library(VIEW), held([33, 32, 31]));
  const titles = () =>
    client
      .getQueryData<LibraryData>(keys.library(VIEW))
      ?.pages.flatMap(({ items }) => items.map(({ title }) => title));
  return { asked, services, client, titles };
}

test("a film is deleted for good when the time to undo is over", async () => {
  const { asked, services, client, titles } = aPage(() => new Response(null, { status: 204 }));
  const video = aVideo(33);
  deleteWithUndo(services, client, video);
  await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([`DELETE ${API}/v1/videos/${video.id}`]);
  expect(titles()).toEqual(["Film 32", "Film 31"]);
});

test("a film that somebody else has deleted meanwhile is gone all the same", async () => {
  const { services, client, titles } = aPage(() => problem(404, "not_found"));
  deleteWithUndo(services, client, aVideo(32));
  await vi.advanceTimersByTimeAsync(UNDO_MS);
  expect(titles()).toEqual(["Film 33", "Film 31"]);
  expect(pendingDeletes.getHidden().has(aVideo(32).id)).toBe(true);
});

test("a film that cannot be deleted is shown again", async () => {
  const { services, client, titles } = aPage(() => problem(403, "forbidden"));
  deleteWithUndo(services, client, aVideo(31));
  await vi.advanceTimersByTimeAsync(UNDO_MS);
  expect(titles()).toEqual(["Film 33", "Film 32", "Film 31"]);
  expect(pendingDeletes.getHidden().has(aVideo(31).id)).toBe(false);
});

test("a page that goes away deletes at once, in a call that outlives it", async () => {
  const last = vi.fn<typeof fetch>(() => Promise.resolve(new Response(null, { status: 204 })));
  vi.stubGlobal("fetch", last);
  const { asked, services, client } = aPage(() => new Response(null, { status: 204 }));
  const video = aVideo(30);
  deleteWithUndo(services, client, video);
  await vi.advanceTimersByTimeAsync(0);
  window.dispatchEvent(new Event("pagehide"));
  expect(last).toHaveBeenCalledExactlyOnceWith(`${API}/v1/videos/${video.id}`, {
    method: "DELETE",
    keepalive: true,
    headers: { Authorization: `Bearer ${TOKEN}` },
  });
  await vi.advanceTimersByTimeAsync(UNDO_MS);
  expect(asked).toEqual([]);
});
