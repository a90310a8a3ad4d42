/** What a row of the tray says. Pure. */
import type { Limits } from "@/api/types";
import { bytes, percent, roughly } from "@/app/format";
import { texts } from "@/app/texts";

import type { UploadRow } from "./engine/local";
import type { StateName } from "./engine/machine";
import type { Summary } from "./engine/summary";

/** So many of the types that can be uploaded are named; the well-known ones come first. */
const KINDS = 8;

/** One line about what goes on, or what is wrong and what to do. */
export function lineOf(row: UploadRow, limits: Limits | null): string {
  const words = texts.uploads;
  if (row.state === "failed") return problemOf(row, limits);
  if (row.state === "needs-file")
    return words.problems[row.reason ?? ""] ?? words.states["needs-file"];
  const state: StateName = row.state === "elsewhere" ? (row.there ?? "elsewhere") : row.state;
  const moving = state === "sending" || state === "paused" || state === "offline";
  const parts = [
    row.state === "elsewhere" ? words.elsewhere(words.states[state]) : words.states[state],
  ];
  if (moving || state === "completing" || state === "checking")
    parts.push(words.of(bytes(row.sent), bytes(row.size)));
  if (state === "sending" && row.speed !== null) parts.push(`${bytes(row.speed)}/s`);
  if (state === "sending" && row.timeLeft !== null) parts.push(words.left(roughly(row.timeLeft)));
  if (state === "queued" || state === "done") parts.push(bytes(row.size));
  return parts.join(" · ");
}

function problemOf(row: UploadRow, limits: Limits | null): string {
  const words = texts.uploads;
  const code = row.failure?.code ?? "";
  if (code === "file_too_large" && limits !== null)
    return words.tooLarge(bytes(row.size), bytes(limits.max_bytes));
  if (code === "unsupported_extension" && limits !== null) {
    const kinds = limits.extensions.map((each) => each.slice(1));
    return words.wrongKind(kinds.slice(0, KINDS).join(", "), kinds.length - KINDS);
  }
  if (code === "quota_exceeded" && limits !== null)
    return words.quota(
      limits.active_allowed,
      limits.bytes_allowed === null ? null : bytes(limits.bytes_allowed),
    );
  return words.problems[code] ?? texts.errors[code] ?? words.problems.unexpected_error ?? "";
}

/** The whole tray in one line: `3 videos, 62 %`. */
export function foldedLine(summary: Summary): string {
  const words = texts.uploads;
  if (summary.files > 0 && summary.done === summary.files) return words.allDone(summary.files);
  const parts = [words.videos(summary.files), percent(summary.fraction * 100)];
  if (summary.stuck > 0) parts.push(words.stuck(summary.stuck));
  else if (summary.timeLeft !== null) parts.push(words.left(roughly(summary.timeLeft)));
  return parts.join(", ");
}
