import { ApiError } from "@/api/problem";

import { texts } from "./texts";

/** Say what went wrong in words; what the API said itself when the code is none we know. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof ApiError)) return texts.errors.unknown ?? "";
  const own = texts.errors[error.code];
  return own ?? (error.message || (texts.errors.unknown ?? ""));
}

/** The words for one field of a form, when the API named it. */
export function wordsForField(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.fields.find((each) => each.pointer === `/${field}`)?.message;
}
