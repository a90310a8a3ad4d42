import { describe, expect, test } from "vitest";

import type { Failure, Stage, Video } from "@/api/types";

import { aVideo } from "./aVideo";
import type { UploadProgress } from "./uploadProgress";
import { failureWords, workWords } from "./words";

const working = (other: Partial<Video>) =>
  workWords(aVideo(1, { state: "processing", stage: "encoding", progress: 62.9, ...other }), null);

describe("what is being done", () => {
  test("is nothing to a film that is ready, failed or cancelled", () => {
    for (const state of ["ready", "failed", "cancelled"] as const)
      expect(workWords(aVideo(1, { state }), null)).toBeNull();
  });

  test.each<[Stage | null, string]>([
    ["fetching", "Loading the file"],
    ["inspecting", "Checking the file"],
    ["encoding", "Encoding"],
    ["publishing", "Saving the result"],
    [null, "Starting"],
  ])("at stage %s is said in words", (stage, doing) => {
    expect(working({ stage })?.doing).toBe(doing);
  });

  test("comes with how far it is and how long it takes", () => {
    expect(working({ eta_seconds: 200 })).toMatchObject({ far: "62 % · 3 min left", value: 62.9 });
  });

  test("tells no time that is not known", () => {
    expect(working({ eta_seconds: null })?.far).toBe("62 %");
  });

  test("says why it waits, in our words where we have them", () => {
    const why = (queue: Video["queue"]) =>
      workWords(aVideo(1, { state: "queued", queue }), null)?.why;
    expect(why({ reason: "no_room", message: "" })).toContain("disk space");
    expect(why({ reason: "no_worker", message: "" })).toContain("not encoding videos now");
    expect(why({ reason: "busy", message: "" })).toContain("encoded first");
    const unheardOf = { reason: "strike", message: "The workers strike." } as unknown;
    expect(why(unheardOf as Video["queue"])).toBe("The workers strike.");
    expect(why({ reason: null, message: "Its turn comes." })).toBeNull();
    expect(why(null)).toBeNull();
  });

  test("is waiting while it is queued", () => {
    expect(workWords(aVideo(1, { state: "queued" }), null)?.doing).toBe("Waiting in the queue");
  });
});

describe("what is being uploaded", () => {
  const uploading = aVideo(1, { state: "uploading" });
  const upload: UploadProgress = { sent: 300e6, total: 1.2e9, state: "sending" };

  test("tells the bytes when this browser sends them", () => {
    expect(workWords(uploading, upload)).toEqual({
      doing: "Uploading",
      far: "300 MB of 1.2 GB",
      value: 25,
      why: null,
    });
  });

  test("shows no progress when nothing is known of it", () => {
    expect(workWords(uploading, null)).toMatchObject({ far: "", value: null });
  });

  test("says that it is paused", () => {
    expect(workWords(uploading, { ...upload, state: "paused" })?.doing).toBe("Upload paused");
  });
});

describe("a failure", () => {
  test("is said in our words", () => {
    const failure = { code: "no_video_stream", message: "x", retryable: false } as const;
    expect(failureWords(failure)).toBe("This file has no picture");
  });

  test("that we do not know is said in the API's", () => {
    const failure = { code: "new_code", message: "The moon was full.", retryable: false };
    expect(failureWords(failure as Failure)).toBe("The moon was full.");
  });
});
