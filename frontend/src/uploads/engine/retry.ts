/** Whether a failed request is tried again, and when: a decision as a value. Pure. */

import type { UploadError } from "./errors";

const ATTEMPTS = 12;
/** A URL that is refused although it is fresh will not be accepted later. */
const REFUSED_ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 60_000;
/** Whoever asks for more is reported instead of waited for. */
const LONGEST_ASKED_S = 900;

/**
 * Decides about another try: after how many milliseconds; null means give up.
 *
 * @param error how it failed
 * @param attempt how often it has failed with this code by now; the first time is 1
 * @param roll a random number from 0 to 1, which spreads many clients over time
 */
export function waitBefore(error: UploadError, attempt: number, roll: number): number | null {
  // 409, but it only means that an earlier try has arrived and is still being answered.
  const retryable = error.retryable || error.code === "idempotency_in_progress";
  // A person has to make room first.
  if (!retryable || error.code === "quota_exceeded") return null;
  const asked = error.retryAfter ?? 0;
  if (asked > LONGEST_ASKED_S) return null;
  if (error.code === "storage_refused") {
    if (attempt >= REFUSED_ATTEMPTS) return null;
    // It has only expired, most likely: another one will do, at once.
    if (attempt === 1) return 0;
  }
  if (attempt >= ATTEMPTS) return null;
  // What was asked for is the least; the jitter on top keeps a crowd from coming back together.
  return asked * 1000 + Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * roll;
}
