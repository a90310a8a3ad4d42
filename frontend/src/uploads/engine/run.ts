/** Does one upload from where it stands to its end, telling the machine what happens. */

import { UploadError } from "./errors";
import { fingerprintOf } from "./fingerprint";
import type { LocalUpload } from "./local";
import type { Failure, UploadEvent } from "./machine";
import type { Parts } from "./parts";
import { persist, type Patience } from "./persist";
import type { Network, PartSender, UploadApi } from "./ports";
import { sendMissing } from "./send";
import { type Standing, standingOf } from "./standing";
import { inTime } from "./wait";

const CALL_MS = 60_000;
/** Putting 10,000 parts together takes the store a while. */
const COMPLETE_MS = 300_000;
/** How often parts that the server misses are sent again. */
const ROUNDS = 3;

export interface Surroundings<Video> {
  readonly api: UploadApi<Video>;
  readonly sendPart: PartSender;
  readonly network: Network;
  readonly random: () => number;
  readonly connections: number;
  readonly stallMs: number;
}

export interface RunHooks<Video> {
  readonly emit: (event: UploadEvent) => void;
  /** The server knows the upload; resolves when it is remembered. Called even after a stop. */
  readonly onCreated: () => Promise<void>;
  /** Bytes moved. */
  readonly onChange: () => void;
  /** The video is the server's now; null when it was found completed. */
  readonly onCompleted: (video: Video | null) => void;
  /** The server has dropped the upload. */
  readonly onGone: (failure: Failure) => void;
  /** The server has nothing of it any more, and it starts again. */
  readonly onAnew: () => void;
  /** Nothing of it has arrived, and nothing will: the server is to drop it. */
  readonly onRefused: (failure: Failure) => void;
}

/** Never fails: how it ended goes to the hooks, and nothing does once the signal has come. */
export async function run<Video>(
  local: LocalUpload,
  around: Surroundings<Video>,
  hooks: RunHooks<Video>,
  signal: AbortSignal,
): Promise<void> {
  const runner = new Run(local, around, hooks, signal);
  for (;;) {
    try {
      await runner.all();
      return;
    } catch (thrown) {
      if (signal.aborted || !(await runner.explain(UploadError.from(thrown)))) return;
    }
  }
}

/** What is shown of an error; `retryable` is about a person's try, not ours. */
export function failureOf(error: UploadError): Failure {
  const worth = ["unexpected_error", "unexpected_answer", "part_mismatch", "file_unreadable"];
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable || worth.includes(error.code),
  };
}

/** Refused whatever is tried, so that what has not begun to arrive never will. */
const FINAL = new Set(["storage_refused", "storage_rejected", "forbidden", "validation_failed"]);

/** What comes after the server was asked about the upload. */
type Step = "send" | "begin" | "over";

/** For an upload that the server has dropped: with its file at hand it can be started again. */
export function goneFailure(
  local: LocalUpload,
  message = "The server no longer knows this upload.",
  code = "upload_gone",
): Failure {
  return { code, message, retryable: local.file !== null };
}

class Run<Video> {
  readonly #local: LocalUpload;
  readonly #around: Surroundings<Video>;
  readonly #hooks: RunHooks<Video>;
  readonly #signal: AbortSignal;
  #keys = 0;

  constructor(
    local: LocalUpload,
    around: Surroundings<Video>,
    hooks: RunHooks<Video>,
    signal: AbortSignal,
  ) {
    this.#local = local;
    this.#around = around;
    this.#hooks = hooks;
    this.#signal = signal;
  }

  async all(): Promise<void> {
    for (let sent = 0; ;) {
      this.#signal.throwIfAborted();
      const step = await (this.#local.remote === null ? this.#create() : this.#check());
      if (step === "over") return;
      if (step === "begin") continue;
      await this.#send();
      try {
        await this.#complete();
        return;
      } catch (thrown) {
        sent += 1;
        if (UploadError.from(thrown).code !== "part_mismatch" || sent === ROUNDS) throw thrown;
        this.#emit({ type: "lacking" });
      }
    }
  }

  /** Tells the machine how the run ended; true when it has not, but starts again. */
  async explain(error: UploadError): Promise<boolean> {
    const local = this.#local;
    try {
      if (local.remote === null) {
        this.#emit({ type: "failed", failure: failureOf(error) });
      } else if (error.code === "file_unreadable") {
        this.#emit({ type: "file-lost", reason: "file_unreadable" });
      } else if (error.code === "size_mismatch") {
        // The server has dropped it.
        this.#hooks.onGone(goneFailure(local, error.message, error.code));
      } else if (["not_found", "upload_gone", "invalid_state"].includes(error.code)) {
        // Perhaps it is over because another tab, or the server's own sweep, has completed it.
        const standing = await this.#standing();
        if (standing.name === "completed") this.#completed(null);
        else if (this.#beginsAnew(standing)) return true;
        else this.#hooks.onGone(goneFailure(local, error.message));
      } else if (FINAL.has(error.code) && local.parts?.heldBytes === 0) {
        this.#hooks.onRefused(failureOf(error));
      } else {
        this.#emit({ type: "failed", failure: failureOf(error) });
      }
    } catch (thrown) {
      if (!this.#signal.aborted)
        this.#emit({ type: "failed", failure: failureOf(UploadError.from(thrown)) });
    }
    return false;
  }

  async #create(): Promise<Step> {
    const local = this.#local;
    const file = this.#file();
    local.known = { ...local.known, fingerprint: await fingerprintOf(file) };
    this.#signal.throwIfAborted();
    const wanted = { filename: local.name, size: local.size, contentType: local.contentType };
    // Not ended by the signal once it is on its way: what the server has made has to be known, to
    // go on with it after a pause or to drop it after a cancel.
    const never = new AbortController().signal;
    const create = () =>
      inTime(CALL_MS, never, (signal) =>
        this.#around.api.create(wanted, local.idempotencyKey, signal),
      );
    const begun = await this.#persist(create).catch((thrown: unknown) => {
      if (UploadError.from(thrown).code === "idempotency_result_gone") return null;
      throw thrown;
    });
    // An earlier try got through, and what it began is over by now.
    if (begun === null || begun.state === "aborted" || begun.state === "expired") {
      this.#renewKey();
      return "begin";
    }
    local.adopt(begun);
    if (begun.state === "completed") {
      this.#completed(null);
      return "over";
    }
    await this.#hooks.onCreated();
    this.#signal.throwIfAborted();
    this.#emit({ type: "created" });
    return "send";
  }

  #renewKey(): void {
    this.#keys += 1;
    if (this.#keys > ROUNDS)
      throw new UploadError("unexpected_answer", "What is begun is over at once.");
    this.#local.renewKey();
  }

  async #check(): Promise<Step> {
    const standing = await this.#standing();
    if (standing.name === "open") {
      this.#local.learn(standing.upload);
      this.#emit({ type: "checked" });
      return "send";
    }
    if (standing.name === "completed") this.#completed(null);
    else if (this.#beginsAnew(standing)) return "begin";
    else this.#hooks.onGone(goneFailure(this.#local));
    return "over";
  }

  /** What the server has dropped starts again by itself, once, if its file is at hand. */
  #beginsAnew(standing: Standing): boolean {
    const local = this.#local;
    const lost = standing.name === "gone" && standing.aborted;
    if (!lost || local.file === null || local.begunAnew) return false;
    this.#signal.throwIfAborted();
    this.#hooks.onAnew();
    return true;
  }

  #standing(): Promise<Standing> {
    return standingOf(this.#remote().id, this.#around.api, this.#patience(), this.#signal);
  }

  async #send(): Promise<void> {
    const { api, sendPart, connections, stallMs } = this.#around;
    await sendMissing(
      {
        uploadId: this.#remote().id,
        file: this.#file(),
        parts: this.#parts(),
        api: {
          sign: (id, numbers, signal) => inTime(CALL_MS, signal, (s) => api.sign(id, numbers, s)),
        },
        sendPart,
        patience: this.#patience(),
        connections,
        stallMs,
        onChange: this.#hooks.onChange,
      },
      this.#signal,
    );
    this.#emit({ type: "sent" });
  }

  async #complete(): Promise<void> {
    const { id } = this.#remote();
    const named = this.#parts().named();
    const video = await this.#persist(() =>
      inTime(COMPLETE_MS, this.#signal, (signal) => this.#around.api.complete(id, named, signal)),
    );
    this.#signal.throwIfAborted();
    this.#completed(video);
  }

  #completed(video: Video | null): void {
    this.#emit({ type: "completed" });
    this.#hooks.onCompleted(video);
  }

  #persist<T>(work: () => Promise<T>): Promise<T> {
    return persist(work, this.#patience(), this.#signal);
  }

  #patience(): Patience {
    const { network, random } = this.#around;
    return {
      network,
      random,
      onLost: () => {
        this.#emit({ type: "network-lost" });
      },
      onBack: () => {
        this.#emit({ type: "network-back" });
      },
    };
  }

  #emit(event: UploadEvent): void {
    if (!this.#signal.aborted) this.#hooks.emit(event);
  }

  #file(): File {
    if (this.#local.file === null) throw new UploadError("file_unreadable", "There is no file.");
    return this.#local.file;
  }

  #remote(): { readonly id: string } {
    if (this.#local.remote === null)
      throw new UploadError("unexpected_error", "There is no upload.");
    return this.#local.remote;
  }

  #parts(): Parts {
    if (this.#local.parts === null)
      throw new UploadError("unexpected_error", "There are no parts.");
    return this.#local.parts;
  }
}
