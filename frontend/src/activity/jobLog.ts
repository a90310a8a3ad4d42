/** The log of a job's last attempt, which lies in the store. */
import { type Api, answered } from "@/api/client";
import { offline, problemOf } from "@/api/problem";

export type JobLog =
  | { kind: "text"; text: string }
  /** None has been written yet. */
  | { kind: "none" }
  /** There was one. */
  | { kind: "gone" };

/**
 * Read a job's log.
 *
 * @throws ApiError when the API refuses or nobody answers.
 */
export async function readJobLog(api: Api, jobId: string, signal: AbortSignal): Promise<JobLog> {
  // Asked again: the address that came with the list may have run out since.
  const { log_url: url } = await answered(
    api.GET("/v1/jobs/{job_id}", { params: { path: { job_id: jobId } }, signal }),
  );
  if (url === null) return { kind: "none" };
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw offline();
  }
  // Without the right to list, the store calls forbidden what is not there.
  if (response.status === 404 || response.status === 403) return { kind: "gone" };
  if (!response.ok) throw problemOf(response, null);
  return { kind: "text", text: (await response.text()).trimEnd() };
}
