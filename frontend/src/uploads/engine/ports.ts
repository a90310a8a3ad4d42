/** What the engine needs from outside. Each is small, so that a test can stand in for it. */

export type RemoteState = "open" | "completed" | "aborted" | "expired";

/** An upload as the API knows it; sizes in bytes. */
export interface RemoteUpload {
  readonly id: string;
  readonly videoId: string;
  readonly size: number;
  readonly partSize: number;
  readonly partCount: number;
  readonly state: RemoteState;
}

/** A part that the store has. */
export interface HeldPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

/** Where to PUT a part of exactly `size` bytes, until `expiresAt` (RFC 3339). */
export interface SignedPart {
  readonly number: number;
  readonly size: number;
  readonly url: string;
  readonly expiresAt: string;
}

export interface NewUpload {
  readonly filename: string;
  readonly size: number;
  readonly contentType: string | null;
}

/** A part with the ETag that the store answered. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

/** The API's upload calls. Every failure is an `UploadError`; without an answer `networkError()`. */
export interface UploadApi<Video> {
  /** `POST /v1/uploads`; the same key gives the same upload. */
  create(wanted: NewUpload, idempotencyKey: string, signal: AbortSignal): Promise<RemoteUpload>;
  /** `GET /v1/uploads/{id}` */
  get(
    id: string,
    signal: AbortSignal,
  ): Promise<RemoteUpload & { readonly parts: readonly HeldPart[] }>;
  /** `POST /v1/uploads/{id}/parts` */
  sign(id: string, numbers: readonly number[], signal: AbortSignal): Promise<readonly SignedPart[]>;
  /** `POST /v1/uploads/{id}/complete`; null: leave `parts` away. */
  complete(id: string, parts: readonly NamedPart[] | null, signal: AbortSignal): Promise<Video>;
  /** `DELETE /v1/uploads/{id}` */
  abort(id: string, signal: AbortSignal): Promise<void>;
}

export interface PartRequest {
  readonly url: string;
  readonly blob: Blob;
  readonly signal: AbortSignal;
  /** Told how many bytes of the part have left so far. */
  readonly onProgress: (bytes: number) => void;
}

/**
 * PUTs one part; answers with its ETag, or null when the store does not let the page see it.
 * Fails with an `UploadError`: `storage_refused`, `upload_gone`, `storage_rejected`,
 * `storage_unavailable` or `network_error`.
 */
export type PartSender = (request: PartRequest) => Promise<string | null>;

/** Whether the machine believes to have a network. */
export interface Network {
  readonly online: boolean;
  /** Calls back after each change; returns how to stop that. */
  subscribe(listener: () => void): () => void;
}

/** The part of `FileSystemFileHandle` that is used; TypeScript does not know the permissions yet. */
export interface FileHandle {
  readonly kind: "file";
  readonly name: string;
  getFile(): Promise<File>;
  queryPermission?(wanted: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(wanted: { mode: "read" }): Promise<PermissionState>;
}
