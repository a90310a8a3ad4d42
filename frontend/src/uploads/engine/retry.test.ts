import { expect, test } from "vitest";

import { UploadError } from "./errors";
import { waitBefore } from "./retry";

const busy = (retryAfter: number | null = null) =>
  new UploadError("storage_unavailable", "", { retryable: true, retryAfter });
const refused = new UploadError("storage_refused", "", { retryable: true });

test("waits grow, are spread over the whole range, and have an end", () => {
  expect([1, 2, 3, 8, 11].map((attempt) => waitBefore(busy(), attempt, 1))).toEqual([
    500, 1000, 2000, 60_000, 60_000,
  ]);
  expect(waitBefore(busy(), 5, 0)).toBe(0);
  expect(waitBefore(busy(), 12, 1)).toBeNull();
});

test("Retry-After is the least", () => {
  expect(waitBefore(busy(7), 1, 0)).toBe(7000);
  expect(waitBefore(busy(7), 1, 1)).toBe(7500);
  expect(waitBefore(busy(3600), 1, 0)).toBeNull();
});

test("a refused URL is replaced at once, but not for ever", () => {
  expect([1, 2, 3].map((attempt) => waitBefore(refused, attempt, 1))).toEqual([0, 1000, null]);
});

test("what is wrong for good is not tried again", () => {
  expect(waitBefore(new UploadError("validation_failed", ""), 1, 0)).toBeNull();
  expect(waitBefore(new UploadError("quota_exceeded", "", { retryable: true }), 1, 0)).toBeNull();
});

test("an answer that is being made is waited for", () => {
  expect(waitBefore(new UploadError("idempotency_in_progress", ""), 1, 1)).not.toBeNull();
});
