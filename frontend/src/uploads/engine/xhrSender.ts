/** PUTs a part with XMLHttpRequest: `fetch` still cannot tell how much of a body has left. */

import { networkError, UploadError } from "./errors";
import type { PartSender } from "./ports";

/** S3 says these with a status that usually means something else. */
const STALE = new Set(["ExpiredToken", "RequestTimeTooSkewed"]);
const BUSY = new Set(["RequestTimeout", "SlowDown", "InternalError"]);

export const xhrSender: PartSender = ({ url, blob, signal, onProgress }) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => {
      request.abort();
    };
    const settle = (end: () => void) => () => {
      signal.removeEventListener("abort", stop);
      end();
    };
    request.upload.onprogress = (event) => {
      onProgress(event.loaded);
    };
    // The last report of progress may come before the last bytes.
    request.upload.onload = () => {
      onProgress(blob.size);
    };
    request.onload = settle(() => {
      if (request.status >= 200 && request.status < 300) {
        resolve(request.getResponseHeader("ETag"));
      } else {
        const retryAfter = request.getResponseHeader("Retry-After");
        reject(storeError(request.status, request.responseText, retryAfter));
      }
    });
    request.onerror = settle(() => {
      reject(networkError());
    });
    request.onabort = settle(() => {
      reject(signal.reason instanceof Error ? signal.reason : networkError());
    });
    signal.addEventListener("abort", stop, { once: true });
    request.open("PUT", url);
    // The blob of a part has no type, so no Content-Type is sent that was not signed.
    request.send(blob);
  });

/**
 * What an answer of the store means. Pure.
 *
 * @param status HTTP status, not 2xx
 * @param body S3's error document, or whatever a proxy said
 * @param retryAfter the `Retry-After` header, if the page may see it
 */
export function storeError(status: number, body: string, retryAfter: string | null): UploadError {
  const said = /<Code>([^<]{1,100})<\/Code>/.exec(body)?.[1] ?? null;
  const message = said === null ? `HTTP ${status}` : `HTTP ${status} ${said}`;
  if (status === 404) return new UploadError("upload_gone", message);
  const wait = Number.parseFloat(retryAfter ?? "");
  const hints = { retryable: true, retryAfter: Number.isFinite(wait) && wait >= 0 ? wait : null };
  if (status === 403 || (said !== null && STALE.has(said))) {
    return new UploadError("storage_refused", message, hints);
  }
  const busy = status === 408 || status === 425 || status === 429 || status >= 500;
  if (busy || (said !== null && BUSY.has(said))) {
    return new UploadError("storage_unavailable", message, hints);
  }
  return new UploadError("storage_rejected", message);
}
