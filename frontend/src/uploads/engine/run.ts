/** Does one upload from where it stands to its end, telling the machine what happens. */

import { UploadError } from "./errors";
import { fingerprintOf } from "./fingerprint";
import type { Job } from "./job";
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
  /** The film is the server's now; null when it was found completed. */
  readonly onCompleted: (video: Video | null) => void;
  /** The server has dropped the upload. */
  readonly onGone: (failure: Failure) => void;
}

/** Never fails: how it ended goes to the hooks, and nothing does once the signal has come. */
export async function run<Video>(
  job: Job,
  around: Surroundings<Video>,
  hooks: RunHooks<Video>,
  signal: AbortSignal,
): Promise<void> {
  const runner = new Run(job, around, hooks, signal);
  try {
    await runner.all();
  } catch (thrown) {
    if (!signal.aborted) await runner.explain(UploadError.from(thrown));
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

/** For an upload that the server has dropped: with its file at hand it can be begun anew. */
export function goneFailure(
  job: Job,
  message = "The server no longer knows this upload.",
  code = "upload_gone",
): Failure {
  return { code, message, retryable: job.file !== null };
}

class Run<Video> {
  readonly #job: Job;
  readonly #around: Surroundings<Video>;
  readonly #hooks: RunHooks<Video>;
  readonly #signal: AbortSignal;

  constructor(job: Job, around: Surroundings<Video>, hooks: RunHooks<Video>, signal: AbortSignal) {
    this.#job = job;
    this.#around = around;
    this.#hooks = hooks;
    this.#signal = signal;
  }

  async all(): Promise<void> {
    this.#signal.throwIfAborted();
    let fresh = await this.#create();
    for (let round = 1; ; round++) {
      if (!fresh && !(await this.#check())) return;
      await this.#send();
      try {
        await this.#complete();
        return;
      } catch (thrown) {
        if (UploadError.from(thrown).code !== "part_mismatch" || round === ROUNDS) throw thrown;
        this.#emit({ type: "lacking" });
        fresh = false;
      }
    }
  }

  /** Tells the machine how the run ended. */
  async explain(error: UploadError): Promise<void> {
    const job = this.#job;
    try {
      if (job.remote === null) {
        this.#emit({ type: "failed", failure: failureOf(error) });
      } else if (error.code === "file_unreadable") {
        this.#emit({ type: "file-lost", reason: "file_unreadable" });
      } else if (error.code === "size_mismatch") {
        // The server has dropped it.
        this.#hooks.onGone(goneFailure(job, error.message, error.code));
      } else if (["not_found", "upload_gone", "invalid_state"].includes(error.code)) {
        // Perhaps it is over because another tab, or the server's own sweep, has completed it.
        const standing = await this.#standing();
        if (standing.name === "completed") this.#completed(null);
        else this.#hooks.onGone(goneFailure(job, error.message));
      } else {
        this.#emit({ type: "failed", failure: failureOf(error) });
      }
    } catch (thrown) {
      if (this.#signal.aborted) return;
      this.#emit({ type: "failed", failure: failureOf(UploadError.from(thrown)) });
    }
  }

  /** Whether the upload is new, so that the store has nothing of it. */
  async #create(): Promise<boolean> {
    const job = this.#job;
    if (job.remote !== null) return false;
    const file = this.#file();
    job.known = { ...job.known, fingerprint: await fingerprintOf(file) };
    this.#signal.throwIfAborted();
    const wanted = { filename: job.name, size: job.size, contentType: job.contentType };
    // Not ended by the signal once it is on its way: what the server has made has to be known, to
    // go on with it after a pause or to drop it after a cancel.
    const never = new AbortController().signal;
    const create = () =>
      inTime(CALL_MS, never, (signal) =>
        this.#around.api.create(wanted, job.idempotencyKey, signal),
      );
    job.adopt(await this.#persist(create));
    await this.#hooks.onCreated();
    this.#signal.throwIfAborted();
    this.#emit({ type: "created" });
    return true;
  }

  /** Whether there is anything to send. */
  async #check(): Promise<boolean> {
    const standing = await this.#standing();
    if (standing.name === "open") {
      this.#job.learn(standing.upload);
      this.#emit({ type: "checked" });
      return true;
    }
    if (standing.name === "completed") this.#completed(null);
    else this.#hooks.onGone(goneFailure(this.#job));
    return false;
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
    if (this.#job.file === null) throw new UploadError("file_unreadable", "There is no file.");
    return this.#job.file;
  }

  #remote(): { readonly id: string } {
    if (this.#job.remote === null) throw new UploadError("unexpected_error", "There is no upload.");
    return this.#job.remote;
  }

  #parts(): Parts {
    if (this.#job.parts === null) throw new UploadError("unexpected_error", "There are no parts.");
    return this.#job.parts;
  }
}
