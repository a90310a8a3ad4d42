/** All uploads in one line, as the folded tray shows them. Pure. */

import type { UploadRow } from "./local";
import { timeLeft } from "./meter";

export interface Summary {
  /** Uploads that belong to the sum: neither refused nor cancelled. */
  readonly files: number;
  readonly done: number;
  /** Uploads that need a person: a file, a permission, or another try. */
  readonly stuck: number;
  readonly size: number;
  readonly sent: number;
  /** 0 to 1; 1 only when every byte is there. */
  readonly fraction: number;
  readonly speed: number | null;
  readonly timeLeft: number | null;
}

export function summaryOf(rows: readonly UploadRow[]): Summary {
  const counted = rows.filter((row) => row.state !== "cancelled" && !isRefused(row));
  const sum = (value: (row: UploadRow) => number) =>
    counted.reduce((total, row) => total + value(row), 0);
  const [size, sent] = [sum((row) => row.size), sum((row) => row.sent)];
  const moving = counted.filter((row) => row.speed !== null);
  const speed = moving.length === 0 ? null : sum((row) => row.speed ?? 0);
  return {
    files: counted.length,
    done: counted.filter((row) => row.state === "done").length,
    stuck: counted.filter((row) => STUCK.has(row.state)).length,
    size,
    sent,
    fraction: size === 0 ? 0 : sent / size,
    speed,
    timeLeft: timeLeft(speed, size - sent),
  };
}

const STUCK: ReadonlySet<string> = new Set(["needs-file", "needs-permission", "failed"]);

function isRefused(row: UploadRow): boolean {
  return row.state === "failed" && row.uploadId === undefined && row.failure?.retryable !== true;
}
