/** Which jobs are shown. Pure. */
import type { JobState } from "@/api/types";

/** What can be chosen; each stands for the states that a person takes for one. */
export const FILTERS = {
  all: ["queued", "running", "succeeded", "failed", "cancelled"],
  active: ["queued", "running"],
  succeeded: ["succeeded"],
  failed: ["failed"],
  cancelled: ["cancelled"],
} as const satisfies Record<string, readonly JobState[]>;

export type Filter = keyof typeof FILTERS;

/** What the address says; everything when it says nothing that we know. */
export function filterFrom(params: URLSearchParams): Filter {
  const said = params.get("state") ?? "";
  return Object.hasOwn(FILTERS, said) ? (said as Filter) : "all";
}

export function passes(filter: Filter, job: { state: JobState }): boolean {
  const states: readonly JobState[] = FILTERS[filter];
  return states.includes(job.state);
}
