/** The library's page over an API that lives in memory, for tests. */
import { useEffect } from "react";
import { type NavigateFunction, Route, Routes, useLocation, useNavigate } from "react-router";

import type { Video } from "@/api/types";
import { problem, showPage, someServices } from "@/app/aPage";

import { LibraryPage } from "./LibraryPage";

export interface Asked {
  method: string;
  url: URL;
  body: unknown;
}

interface Given {
  videos?: Video[];
  at?: string;
  pageSize?: number;
  /** Answers what is to be answered otherwise. */
  answer?: (asked: Asked) => Response | Promise<Response> | undefined;
  choose?: () => void;
}

export function showLibrary({ videos = [], at = "/", pageSize = 24, ...given }: Given) {
  const asked: Asked[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const text = await request.text();
    const one = {
      method: request.method,
      url: new URL(request.url),
      body: text === "" ? null : (JSON.parse(text) as unknown),
    };
    asked.push(one);
    return (await given.answer?.(one)) ?? answer(one, videos, pageSize);
  };
  const address = { now: "" };
  let navigate: NavigateFunction = () => undefined;
  const client = showPage(
    <>
      <Routes>
        <Route index element={<LibraryPage />} />
        <Route path="*" element={null} />
      </Routes>
      <Address
        onMove={(now, go) => {
          address.now = now;
          navigate = go;
        }}
      />
    </>,
    someServices({ api: fetch }),
    { at, ...(given.choose && { choose: given.choose }) },
  );
  return {
    asked,
    client,
    address,
    leave: () => void navigate("/elsewhere"),
    back: () => void navigate(-1),
  };
}

function Address({ onMove }: { onMove: (address: string, go: NavigateFunction) => void }) {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    onMove(pathname + search, navigate);
  });
  return null;
}

function answer({ method, url, body }: Asked, videos: Video[], pageSize: number): Response {
  const id = url.pathname.split("/")[3];
  const video = videos.find((each) => each.id === id);
  if (method === "DELETE") return new Response(null, { status: 204 });
  if (method === "PATCH" && video !== undefined)
    return Response.json({ ...video, ...(body as object), version: video.version + 1 });
  if (id !== undefined) return problem(404, "not_found");
  const q = (url.searchParams.get("q") ?? "").toLowerCase();
  const states = url.searchParams.getAll("state");
  const fitting = videos.filter(
    ({ title, state }) =>
      title.toLowerCase().includes(q) && (states.length === 0 || states.includes(state)),
  );
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const next = from + pageSize;
  return Response.json({
    items: fitting.slice(from, next),
    next_cursor: next < fitting.length ? String(next) : null,
  });
}
