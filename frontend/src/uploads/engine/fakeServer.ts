/** The API and the store in memory. Only tests import this. */

import { networkError, UploadError } from "./errors";
import type { HeldPart, NamedPart, PartRequest, RemoteState, SignedPart, UploadApi } from "./ports";

export interface FakeVideo {
  readonly id: string;
}

interface FakeUpload {
  readonly id: string;
  readonly videoId: string;
  readonly size: number;
  readonly partSize: number;
  readonly partCount: number;
  state: RemoteState;
  /** Whether the store still knows it. */
  stored: boolean;
  readonly parts: Map<number, HeldPart>;
}

/** A PUT that waits for the test to let it go on. */
export interface WaitingPut {
  readonly number: number;
  readonly progress: (bytes: number) => void;
  readonly finish: () => void;
  readonly fail: (error: UploadError) => void;
}

type Call = "create" | "get" | "sign" | "complete" | "abort";

/** API and store in memory; 10 bytes a part unless told otherwise. */
export class FakeServer {
  partSize = 10;
  urlLifeMs = 900_000;
  /** PUTs wait in `waiting` instead of succeeding at once. */
  holding = false;
  /** Answers each PUT with an error, as long as it gives one. */
  putError: (number: number, request: PartRequest) => UploadError | null = () => null;
  /** As `putError`, for calls of the API. */
  callError: (call: Call) => UploadError | null = () => null;
  readonly uploads = new Map<string, FakeUpload>();
  readonly waiting: WaitingPut[] = [];
  /** Part numbers in the order in which they arrived. */
  readonly arrived: number[] = [];
  /** Part numbers in the order in which they were begun. */
  readonly begun: number[] = [];
  /** Part numbers whose PUT was ended by us. */
  readonly aborted: number[] = [];
  readonly signed: (readonly number[])[] = [];
  readonly calls: Call[] = [];
  readonly keys: string[] = [];
  readonly named: (readonly NamedPart[] | null)[] = [];
  bytes = 0;
  #byKey = new Map<string, FakeUpload>();
  #signatures = 0;

  readonly api: UploadApi<FakeVideo> = {
    create: async (wanted, key) => {
      this.keys.push(key);
      await this.#call("create");
      const before = this.#byKey.get(key);
      if (before !== undefined) return before;
      const number = this.uploads.size + 1;
      const upload: FakeUpload = {
        id: `upload-${number}`,
        videoId: `video-${number}`,
        size: wanted.size,
        partSize: this.partSize,
        partCount: Math.ceil(wanted.size / this.partSize),
        state: "open",
        stored: true,
        parts: new Map(),
      };
      this.uploads.set(upload.id, upload);
      this.#byKey.set(key, upload);
      return upload;
    },
    get: async (id) => {
      await this.#call("get");
      const upload = this.upload(id);
      return { ...upload, parts: upload.state === "open" ? listed(upload) : [] };
    },
    sign: async (id, numbers) => {
      this.signed.push(numbers);
      await this.#call("sign");
      const upload = this.#open(id);
      return numbers.map((number): SignedPart => {
        const end = Date.now() + this.urlLifeMs;
        return {
          number,
          size: Math.min(upload.partSize, upload.size - (number - 1) * upload.partSize),
          url: `https://store.test/${id}/${number}?signature=${(this.#signatures += 1)}&end=${end}`,
          expiresAt: new Date(end).toISOString(),
        };
      });
    },
    complete: async (id, named) => {
      this.named.push(named);
      await this.#call("complete");
      const upload = this.upload(id);
      if (upload.state === "completed") return { id: upload.videoId };
      this.#open(id);
      const wrong =
        upload.parts.size !== upload.partCount ||
        named?.some(({ number, etag }) => bare(upload.parts.get(number)) !== bare({ etag })) ===
          true;
      if (wrong) throw new UploadError("part_mismatch", "Parts are missing.");
      upload.state = "completed";
      return { id: upload.videoId };
    },
    abort: async (id) => {
      await this.#call("abort");
      const upload = this.upload(id);
      if (upload.state === "completed") throw new UploadError("invalid_state", "Completed.");
      upload.state = "aborted";
    },
  };

  readonly sendPart = async (request: PartRequest): Promise<string | null> => {
    const [, id = "", last = ""] = new URL(request.url).pathname.split("/");
    const number = Number(last);
    this.begun.push(number);
    await Promise.resolve();
    const error = this.putError(number, request);
    if (error !== null) throw error;
    if (Number(new URL(request.url).searchParams.get("end")) < Date.now()) {
      throw new UploadError("storage_refused", "HTTP 403 AccessDenied", { retryable: true });
    }
    if (this.holding) await this.#hold(number, request);
    const upload = this.uploads.get(id);
    if (upload?.state !== "open" || !upload.stored) {
      throw new UploadError("upload_gone", "HTTP 404 NoSuchUpload");
    }
    const etag = `"${await request.blob.text()}"`;
    request.signal.throwIfAborted();
    request.onProgress(request.blob.size);
    upload.parts.set(number, { number, size: request.blob.size, etag });
    this.bytes += request.blob.size;
    this.arrived.push(number);
    return etag;
  };

  upload(id: string): FakeUpload {
    const upload = this.uploads.get(id);
    if (upload === undefined) throw new UploadError("not_found", "There is no such upload.");
    return upload;
  }

  /** Lets all PUTs go on, and those that come. */
  release(): void {
    this.holding = false;
    for (const put of this.waiting.splice(0)) put.finish();
  }

  #open(id: string): FakeUpload {
    const upload = this.upload(id);
    if (upload.state !== "open") throw new UploadError("invalid_state", `It is ${upload.state}.`);
    return upload;
  }

  async #call(call: Call): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    const error = this.callError(call);
    if (error !== null) throw error;
  }

  #hold(number: number, { signal, onProgress }: PartRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const place = this.waiting.indexOf(put);
        if (place >= 0) this.waiting.splice(place, 1);
      };
      const put: WaitingPut = {
        number,
        progress: onProgress,
        finish: () => {
          leave();
          resolve();
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      this.waiting.push(put);
      signal.addEventListener("abort", () => {
        if (this.waiting.includes(put)) this.aborted.push(number);
        put.fail(networkError("aborted"));
      });
    });
  }
}

/** Without the quotes that the store puts into its header, as the real API does it. */
function listed(upload: FakeUpload): HeldPart[] {
  return [...upload.parts.values()].map((part) => ({ ...part, etag: bare(part) ?? "" }));
}

function bare(part: { readonly etag: string } | undefined): string | undefined {
  return part?.etag.replaceAll('"', "");
}

/** Whether what the store has, put together, is the file. */
export async function isWhole(server: FakeServer, id: string, file: File): Promise<boolean> {
  const parts = [...server.upload(id).parts.values()].sort((a, b) => a.number - b.number);
  return parts.map(({ etag }) => etag.slice(1, -1)).join("") === (await file.text());
}
