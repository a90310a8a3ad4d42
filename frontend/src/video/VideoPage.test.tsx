import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { describe, expect, it, vi } from "vitest";

import type { Failure, Job, Video } from "@/api/types";
import { problem, showPage, someServices } from "@/app/aPage";
import { texts } from "@/app/texts";
import { aVideo } from "@/library/aVideo";
import { applyChange } from "@/library/cache";

import { VideoPage } from "./VideoPage";

const RAW: Partial<Video> = { renditions: [], poster_url: null, progress: 0 };

const FAILED: Partial<Video> = {
  ...RAW,
  state: "failed",
  failure: { code: "no_video_stream", message: "No picture.", retryable: false },
};

function aJob(video: Video, more: Partial<Job> = {}): Job {
  return {
    id: `${video.id}-job`,
    video_id: video.id,
    operation: "transcode",
    params: {},
    state: "succeeded",
    stage: null,
    progress: 100,
    attempts: 1,
    failure: null,
    done: [],
    warnings: [],
    log_url: "http://store.test/log",
    created_at: "2026-01-02T10:00:00Z",
    started_at: "2026-01-02T10:00:04Z",
    finished_at: "2026-01-02T10:02:04Z",
    ...more,
  };
}

interface Given {
  video: Video | null;
  job?: Partial<Job>;
  /** What the API makes of a wish. */
  wish?: (name: string, video: Video) => Response | Promise<Response>;
}

function show({ video, job = {}, wish }: Given) {
  const asked: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const name = pathname.split("/")[4] ?? "";
    asked.push(`${request.method} ${name}`);
    if (video === null) return problem(404, "not_found");
    if (request.method === "POST")
      return (await wish?.(name, video)) ?? problem(409, "invalid_state");
    if (name === "jobs") return Response.json({ items: [aJob(video, job)], next_cursor: null });
    if (pathname.startsWith("/v1/jobs/")) return Response.json(aJob(video, job));
    return Response.json(video);
  };
  const choose = vi.fn();
  const client = showPage(
    <Routes>
      <Route path="/videos/:id" element={<VideoPage />} />
      <Route index element={<p>The library</p>} />
    </Routes>,
    someServices({ api: fetch }),
    { at: `/videos/${video?.id ?? "unknown"}`, choose },
  );
  return { asked, client, choose };
}

const button = (name: string) => screen.findByRole("button", { name });

describe("a film", () => {
  it("that is not there is said not to be, with a way on", async () => {
    show({ video: null });
    expect(await screen.findByRole("heading", { name: texts.video.goneTitle })).toBeTruthy();
    expect(screen.getByRole("link", { name: texts.app.toLibrary })).toBeTruthy();
  });

  it("that is worked on shows how far it is, and what comes by the stream", async () => {
    const video = aVideo(1, {
      ...RAW, state: "processing", stage: "fetching", progress: 3, version: 2,
    }); // prettier-ignore
    const { client } = show({ video });
    expect((await screen.findAllByText(texts.library.fetching)).length).toBeGreaterThan(0);
    const later = {
      ...video,
      stage: "encoding",
      progress: 40,
      eta_seconds: 90,
      version: 3,
    } as const;
    act(() => {
      applyChange(client, { kind: "video", video: later });
    });
    expect((await screen.findAllByText(texts.library.encoding)).length).toBeGreaterThan(0);
    expect(screen.getAllByText(/40 % · .*left/).length).toBeGreaterThan(0);
  });

  it("that is worked on is shown as cancelled only when the API has cancelled it", async () => {
    let answer: (response: Response) => void = () => undefined;
    const video = aVideo(1, { ...RAW, state: "processing", stage: "encoding", version: 2 });
    show({ video, wish: () => new Promise((resolve) => (answer = resolve)) });
    await userEvent.click(await button(texts.video.cancel));
    expect(screen.queryByText(texts.video.cancelledTitle)).toBeNull();
    const cancelled = { ...video, state: "cancelled", stage: null, version: 3 } as const;
    answer(Response.json(cancelled, { status: 202 }));
    expect(await screen.findByText(texts.video.cancelledTitle)).toBeTruthy();
  });

  it("that failed by its file says so, and offers another one", async () => {
    const { choose } = show({ video: aVideo(1, FAILED) });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain(texts.failures.no_video_stream?.what);
    expect(alert.textContent).toContain(texts.failures.no_video_stream?.todo);
    expect(alert.textContent).toContain(texts.video.faultOfFile);
    // What exactly, in the words of the API.
    expect(alert.textContent).toContain(FAILED.failure?.message);
    expect(alert.textContent).toContain("no_video_stream");
    expect(screen.queryByRole("button", { name: texts.video.retry })).toBeNull();
    await userEvent.click(await button(texts.video.uploadOther));
    expect(choose).toHaveBeenCalledOnce();
  });

  it("is given no second advice where the API has some", async () => {
    const message = "Export the film as SDR and upload it again.";
    const failure = { code: "unsupported_codec", message, retryable: false } as const;
    show({ video: aVideo(1, { ...FAILED, failure }) });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain(message);
    expect(alert.textContent).not.toContain(texts.failures.unsupported_codec?.todo);
  });

  it("that failed by us can be tried again", async () => {
    const failure = { code: "storage_error", message: "", retryable: true } as const;
    const video = aVideo(1, { ...FAILED, failure, version: 4 });
    const queued = { ...video, state: "queued", failure: null, version: 5 } as const;
    const { asked } = show({ video, wish: () => Response.json(queued, { status: 202 }) });
    expect((await screen.findByRole("alert")).textContent).toContain(texts.video.faultOfOurs);
    await userEvent.click(await button(texts.video.retry));
    expect(await screen.findByText(texts.library.queued)).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(asked).toContain("POST retry");
  });

  it("whose file is no longer stored asks for it again, and blames nobody", async () => {
    const failure = { code: "storage_error", message: "", retryable: false } as const;
    show({ video: aVideo(1, { ...FAILED, failure }) });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The uploaded file is no longer stored");
    expect(alert.textContent).toContain("Upload it again.");
    expect(alert.textContent).not.toContain(texts.video.faultOfFile);
    expect(screen.getByRole("button", { name: texts.video.uploadOther })).toBeTruthy();
  });

  it("that failed for a reason we do not know says what the API says", async () => {
    const failure = { code: "moon_too_full", message: "The moon was too full.", retryable: true };
    show({ video: aVideo(1, { ...FAILED, failure: failure as Failure }) });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The moon was too full.");
    expect(alert.textContent).toContain("moon_too_full");
  });

  it("tells what was done to it and what is missing, with the codes", async () => {
    const message = "3.2 s at 1:10 could not be read.";
    show({
      video: aVideo(1, {
        done: [{ code: "rotated", message: "The picture was turned." }],
        warnings: [{ code: "partly_damaged", message }],
      }),
    });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain(texts.video.warnings);
    expect(alert.textContent).toContain(`${message} partly_damaged`);
    expect(alert.textContent).toContain(texts.video.damageHint);
    const done = screen.getByRole("region", { name: texts.video.done });
    expect(done.textContent).toContain("The picture was turned. rotated");
  });

  it("that has all its original has says nothing of it", async () => {
    show({ video: aVideo(1) });
    expect(await screen.findByText(texts.video.about)).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.queryByRole("region", { name: texts.video.done })).toBeNull();
  });

  it("that is deleted leads back to the library, and can be had back", async () => {
    const { asked } = show({ video: aVideo(7, FAILED) });
    await userEvent.click(await button(texts.video.delete));
    expect(await screen.findByText("The library")).toBeTruthy();
    await userEvent.click(await button(texts.library.undo));
    expect(asked).not.toContain("DELETE ");
  });
});

describe("a log", () => {
  const stored = (response: () => Response) =>
    vi.spyOn(window, "fetch").mockImplementation(() => Promise.resolve(response()));

  it("is fetched when somebody wants to see it, not before", async () => {
    const fetched = stored(() => new Response("    0.101  fetched 12 bytes\n"));
    show({ video: aVideo(1, FAILED) });
    const log = await button(texts.activity.log);
    expect(fetched).not.toHaveBeenCalled();
    await userEvent.click(log);
    expect((await screen.findByText(/fetched 12 bytes/)).textContent).toBe(
      "    0.101  fetched 12 bytes",
    );
    await userEvent.click(log);
    expect(log.getAttribute("aria-expanded")).toBe("false");
  });

  it.each([403, 404])("that the store has not any more (%i) is said to be gone", async (status) => {
    stored(() => new Response("<Error/>", { status }));
    show({ video: aVideo(1, FAILED) });
    await userEvent.click(await button(texts.activity.log));
    expect(await screen.findByText(texts.activity.logGone)).toBeTruthy();
  });

  it("that was never written is said not to be there", async () => {
    show({ video: aVideo(1, FAILED), job: { log_url: null } });
    await userEvent.click(await button(texts.activity.log));
    await waitFor(() => {
      expect(screen.getByText(texts.activity.logNone)).toBeTruthy();
    });
  });
});
