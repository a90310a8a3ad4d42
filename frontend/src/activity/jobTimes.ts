/** How long a job waited and worked, in words. Pure. */
import type { Job } from "@/api/types";
import { roughly } from "@/app/format";
import { texts } from "@/app/texts";

export type Times = Pick<Job, "state" | "created_at" | "started_at" | "finished_at">;

/** Seconds a job waited before its work began; null when it ended without having begun. */
export function waitedFor(job: Times, now: number): number | null {
  if (job.started_at !== null) return between(job.created_at, job.started_at);
  return job.state === "queued" ? between(job.created_at, now) : null;
}

/** Seconds that a job was worked on, until now if it still is; null when it was not. */
export function workedFor(job: Times, now: number): number | null {
  return job.started_at === null ? null : between(job.started_at, job.finished_at ?? now);
}

/** A wait too short to be worth a word. */
const AT_ONCE_S = 1;

/** For example: waited 4 s, took 2 min, 3 attempts. */
export function timesOf(job: Times & Pick<Job, "attempts">, now: number): string[] {
  const words = texts.activity;
  const said: string[] = [];
  const [waited, worked] = [waitedFor(job, now), workedFor(job, now)];
  // Between two attempts a job waits again, but its work has begun.
  if (job.started_at === null && waited !== null) said.push(words.waiting(roughly(waited)));
  else if (waited !== null && waited >= AT_ONCE_S) said.push(words.waited(roughly(waited)));
  if (worked !== null)
    said.push(
      job.finished_at === null ? words.running(roughly(worked)) : words.took(roughly(worked)),
    );
  if (job.attempts > 1) said.push(words.attempts(job.attempts));
  return said;
}

function between(from: string, to: string | number): number {
  const end = typeof to === "number" ? to : Date.parse(to);
  // The clock of this browser may be behind that of the service.
  return Math.max(0, (end - Date.parse(from)) / 1000);
}
