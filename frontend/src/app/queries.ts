/** Keys of what is kept of the API's answers, and how they are asked again. */
import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "@/api/problem";
import type { VideoSort, VideoState } from "@/api/types";

export interface LibraryView {
  q: string;
  states: readonly VideoState[];
  sort: VideoSort;
}

export const keys = {
  /** Every list of the library, whatever its view. */
  libraries: ["videos"] as const,
  library: (view: LibraryView) => ["videos", view] as const,
  /** All videos that wait in the queue. */
  waiting: ["waiting"] as const,
  invites: ["invites"] as const,
  registration: ["registration"] as const,
  video: (id: string) => ["video", id] as const,
  captions: (id: string) => ["captions", id] as const,
  videoJobs: (id: string) => ["jobs", "of", id] as const,
  allJobs: ["jobs", "all"] as const,
  jobs: ["jobs"] as const,
  shares: (videoId: string) => ["shares", videoId] as const,
  sessions: ["sessions"] as const,
  me: ["me"] as const,
  limits: ["limits"] as const,
  usage: ["usage"] as const,
};

const TRIES = 3;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The stream of changes keeps what is shown fresh; this is for what it may have missed.
        staleTime: 30_000,
        retry: (count, error) => count < TRIES && (!(error instanceof ApiError) || error.retryable),
        retryDelay: (count, error) =>
          error instanceof ApiError && error.retryAfter !== null
            ? error.retryAfter * 1000
            : Math.min(500 * 2 ** count, 8000),
      },
      mutations: { retry: false },
    },
  });
}
