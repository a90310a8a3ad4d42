/** What went wrong with a call: the API's own problem, or that it could not be reached. */

export interface FieldProblem {
  pointer: string;
  code: string;
  message: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  /**
   * @param code the API's stable word, or `offline` when no answer came.
   * @param status the HTTP status; 0 without an answer.
   * @param retryAfter seconds after which trying again may help, when the API said so.
   */
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    readonly fields: readonly FieldProblem[] = [],
    readonly requestId: string | null = null,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

interface Problem {
  code?: string;
  detail?: string;
  errors?: FieldProblem[] | null;
  request_id?: string;
}

/** Make an error of an answer that is not 2xx, whatever stands in it. */
export function problemOf(response: Response, body: unknown): ApiError {
  const said: Problem = typeof body === "object" && body !== null ? body : {};
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiError(
    said.code ?? `http_${response.status}`,
    response.status,
    said.detail ?? response.statusText,
    said.errors ?? [],
    said.request_id ?? response.headers.get("X-Request-ID"),
    Number.isFinite(wait) ? wait : null,
  );
}

export function offline(): ApiError {
  return new ApiError("offline", 0, "No answer came.");
}

export function isApiError(error: unknown, ...codes: string[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}
