/** What can go wrong, as a value that says whether trying again helps. */

export interface UploadErrorHints {
  readonly retryable?: boolean;
  /** Seconds to wait before the next try, from the refusal. */
  readonly retryAfter?: number | null;
}

export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfter: number | null;

  constructor(code: string, message: string, hints: UploadErrorHints = {}) {
    super(message);
    this.code = code;
    this.retryable = hints.retryable ?? false;
    this.retryAfter = hints.retryAfter ?? null;
  }

  /** What was thrown, if it is one of ours: a fault of the program must not look like the network's. */
  static from(thrown: unknown): UploadError {
    if (thrown instanceof UploadError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new UploadError("unexpected_error", message);
  }
}

/** For a request that got no answer at all. */
export function networkError(message = "No answer came."): UploadError {
  return new UploadError("network_error", message, { retryable: true });
}
