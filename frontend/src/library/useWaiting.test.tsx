import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Video } from "@/api/types";
import { showPage, someServices } from "@/app/aPage";

import { aVideo } from "./aVideo";
import { applyChange } from "./cache";
import { useQueueOf, useWaiting } from "./useWaiting";

const FILM = aVideo(1, { state: "queued", queue: { reason: "busy", message: "Busy." } });

let visible: DocumentVisibilityState = "visible";
let waiting: Video[] = [];
let asked: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visible);
  [visible, waiting, asked] = ["visible", [FILM], []];
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function Shown() {
  useWaiting();
  return <p>{useQueueOf(FILM.id)?.reason ?? "nothing"}</p>;
}

function show() {
  const fetch = (request: Request): Promise<Response> => {
    asked.push(new URL(request.url).search);
    return Promise.resolve(Response.json({ items: waiting, next_cursor: null }));
  };
  return showPage(<Shown />, someServices({ api: fetch }));
}

const pass = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1000));

test("why films wait is asked for, all at once, only while one waits", async () => {
  const client = show();
  await pass(60);
  expect(asked).toEqual([]);
  act(() => {
    applyChange(client, { kind: "video", video: FILM });
    applyChange(client, { kind: "video", video: { ...FILM, id: aVideo(2).id } });
  });
  await pass(1);
  // What has just been told need not be asked for.
  expect(asked).toEqual([]);
  screen.getByText("busy");
  waiting = [{ ...FILM, queue: { reason: "no_room", message: "No room." } }];
  await pass(6);
  expect(asked).toEqual(["?state=queued&limit=100"]);
  screen.getByText("no_room");
  waiting = [];
  await pass(6);
  expect(asked).toHaveLength(2);
  screen.getByText("nothing");
  await pass(60);
  expect(asked).toHaveLength(2);
});

test("nothing is asked while nobody sees the page", async () => {
  const client = show();
  visible = "hidden";
  act(() => {
    applyChange(client, { kind: "video", video: FILM });
  });
  await pass(60);
  expect(asked).toEqual([]);
  visible = "visible";
  act(() => {
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await pass(6);
  expect(asked.length).toBeGreaterThan(0);
});
