/**
 * Every code that the engine itself can show. The words for them live with the page's other texts;
 * codes of the API (`rate_limited`, `validation_failed`, …) pass through as they are.
 */

/** Why a file is not taken; nothing has been sent then. */
export const REFUSALS = ["empty_file", "file_too_large", "unsupported_extension"] as const;

/** Why the file has to be chosen again. */
export const FILE_REASONS = [
  "wrong_file_size",
  "wrong_file_content",
  "wrong_file_date",
  "file_missing",
  "file_unreadable",
  "permission_denied",
] as const;

/** Why an upload stopped. */
export const FAILURES = [
  "network_error",
  "storage_unavailable",
  "storage_refused",
  "storage_rejected",
  "upload_gone",
  "file_unreadable",
  "part_mismatch",
  "size_mismatch",
  "unexpected_answer",
  "unexpected_error",
] as const;

export type Refusal = (typeof REFUSALS)[number];
export type FileReason = (typeof FILE_REASONS)[number];
