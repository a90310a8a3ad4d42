/** Sends the missing parts of one upload over a few connections at once. */

import { networkError, UploadError } from "./errors";
import type { Parts } from "./parts";
import { persist, type Patience } from "./persist";
import type { PartSender, SignedPart, UploadApi } from "./ports";
import { Urls } from "./urls";
import { watchdog } from "./watchdog";

/** What was on its way when the network went has this long to move once it is back. */
const WAKE_MS = 5_000;
/** A part may stall on a line so slow that its last bytes wait in buffers: be slower next time. */
const MOST_PATIENT = 8;

export interface SendOptions {
  readonly uploadId: string;
  readonly file: Blob;
  readonly parts: Parts;
  readonly api: Pick<UploadApi<unknown>, "sign">;
  readonly sendPart: PartSender;
  readonly patience: Patience;
  readonly connections: number;
  /** How long a connection may stand still, in milliseconds. */
  readonly stallMs: number;
  /** Bytes moved. */
  readonly onChange: () => void;
}

/**
 * Resolves when the store has every part.
 *
 * @throws UploadError when a part cannot be sent, or the signal's reason; nothing is on its way then
 */
export async function sendMissing(options: SendOptions, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const sending = new Sending(options, either);
  const lanes = Array.from({ length: Math.min(options.connections, options.parts.missing) }, () =>
    sending.lane(),
  );
  try {
    await Promise.all(lanes);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(lanes);
    throw error;
  }
}

class Sending {
  readonly #options: SendOptions;
  readonly #signal: AbortSignal;
  readonly #urls: Urls;

  constructor(options: SendOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#urls = new Urls({
      sign: (numbers) => options.api.sign(options.uploadId, numbers, signal),
      upcoming: (count) => options.parts.peek(count),
      window: options.connections * 2,
    });
  }

  /** One connection: a part after the other, as long as there are any. */
  async lane(): Promise<void> {
    const { parts, patience, onChange } = this.#options;
    for (let number = parts.take(); number !== null; number = parts.take()) {
      try {
        parts.landed(number, await this.#deliver(number, patience));
      } catch (error) {
        parts.lost(number);
        throw error;
      } finally {
        onChange();
      }
    }
  }

  async #deliver(number: number, patience: Patience): Promise<string | null> {
    let stalls = 0;
    const once = async () => {
      const part = await this.#urls.get(number);
      const limit = this.#options.stallMs * Math.min(2 ** stalls, MOST_PATIENT);
      try {
        return await this.#put(part, limit, () => (stalls += 1));
      } catch (thrown) {
        throw await this.#explain(thrown, number);
      }
    };
    const etag = await persist(once, patience, this.#signal);
    this.#urls.forget(number);
    return etag;
  }

  async #put(part: SignedPart, limitMs: number, onStall: () => void): Promise<string | null> {
    const { parts, sendPart, patience, onChange } = this.#options;
    const blob = this.#slice(part);
    const stalled = new AbortController();
    const dog = watchdog(limitMs, () => {
      onStall();
      stalled.abort(networkError("The connection stood still."));
    });
    const deaf = patience.network.subscribe(() => {
      if (patience.network.online) dog.hurry(WAKE_MS);
    });
    const onProgress = (bytes: number) => {
      if (stalled.signal.aborted) return;
      dog.fed();
      patience.onBack?.();
      parts.progress(part.number, bytes);
      onChange();
    };
    try {
      const signal = AbortSignal.any([this.#signal, stalled.signal]);
      return await sendPart({ url: part.url, blob, signal, onProgress });
    } catch (thrown) {
      // The sender only knows that it was stopped, not why.
      stalled.signal.throwIfAborted();
      throw thrown;
    } finally {
      dog.stop();
      deaf();
    }
  }

  #slice(part: SignedPart): Blob {
    const { file, parts } = this.#options;
    const start = parts.offsetOf(part.number);
    const blob = file.slice(start, start + parts.sizeOf(part.number));
    if (blob.size !== part.size) {
      throw new UploadError(
        "unexpected_answer",
        `Part ${part.number} has ${blob.size} bytes, not ${part.size}.`,
      );
    }
    return blob;
  }

  /** What a failure means for the part and its URL. */
  async #explain(thrown: unknown, number: number): Promise<UploadError> {
    const { file, parts, onChange } = this.#options;
    const error = UploadError.from(thrown);
    parts.progress(number, 0);
    onChange();
    if (this.#signal.aborted) return error;
    if (error.code === "storage_refused") this.#urls.forgetAll();
    // A store may close the connection before its refusal can be read.
    if (error.code === "network_error") this.#urls.forget(number);
    // A browser reports a file that was changed or is gone as if the network had failed.
    if (error.code === "network_error" && !(await readable(file, parts.offsetOf(number)))) {
      return new UploadError("file_unreadable", "The file can no longer be read.");
    }
    return error;
  }
}

async function readable(file: Blob, offset: number): Promise<boolean> {
  try {
    await file.slice(offset, offset + 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
