/** The API's upload calls as the engine wants them. */
import { type Api, answered } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { Video } from "@/api/types";

import { networkError, UploadError } from "./engine/errors";
import type { RemoteUpload, UploadApi } from "./engine/ports";

interface Item {
  id: string;
  video_id: string;
  size: number;
  part_size: number;
  part_count: number;
  state: RemoteUpload["state"];
}

export function uploadApi(api: Api): UploadApi<Video> {
  const path = (id: string) => ({ path: { upload_id: id } });
  return {
    create: (wanted, key, signal) =>
      translated(async () =>
        remote(
          await answered(
            api.POST("/v1/uploads", {
              params: { header: { "idempotency-key": key } },
              body: {
                filename: wanted.filename,
                size: wanted.size,
                content_type: wanted.contentType,
              },
              signal,
            }),
          ),
        ),
      ),
    get: (id, signal) =>
      translated(async () => {
        const item = await answered(
          api.GET("/v1/uploads/{upload_id}", { params: path(id), signal }),
        );
        const parts = item.parts.map((part) => ({
          number: part.part_number,
          size: part.size,
          etag: part.etag,
        }));
        return { ...remote(item), parts };
      }),
    sign: (id, numbers, signal) =>
      translated(async () => {
        const { parts } = await answered(
          api.POST("/v1/uploads/{upload_id}/parts", {
            params: path(id),
            body: { part_numbers: [...numbers] },
            signal,
          }),
        );
        return parts.map((part) => ({
          number: part.part_number,
          size: part.size,
          url: part.url,
          expiresAt: part.expires_at,
        }));
      }),
    complete: (id, parts, signal) =>
      translated(() => {
        const named = parts?.map((part) => ({ part_number: part.number, etag: part.etag })) ?? null;
        return answered(
          api.POST("/v1/uploads/{upload_id}/complete", {
            params: path(id),
            body: { parts: named },
            signal,
          }),
        );
      }),
    abort: (id, signal) =>
      translated(async () => {
        await answered(api.DELETE("/v1/uploads/{upload_id}", { params: path(id), signal }));
      }),
  };
}

function remote(item: Item): RemoteUpload {
  return {
    id: item.id,
    videoId: item.video_id,
    size: item.size,
    partSize: item.part_size,
    partCount: item.part_count,
    state: item.state,
  };
}

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 0) throw networkError();
    throw new UploadError(error.code, error.message, {
      retryable: error.retryable,
      retryAfter: error.retryAfter,
    });
  }
}
