/** What of the library is looked at, as it stands in the address. Pure. */
import type { LibraryView } from "@/app/queries";
import type { VideoSort, VideoState } from "@/api/types";

/** What can be chosen in the filter; each stands for the states that a person takes for one. */
export const FILTERS = {
  all: [],
  ready: ["ready"],
  working: ["uploading", "queued", "processing"],
  failed: ["failed", "cancelled"],
} as const satisfies Record<string, readonly VideoState[]>;

export type Filter = keyof typeof FILTERS;

export const SORTS = ["newest", "oldest", "title"] as const satisfies readonly VideoSort[];

export const MAX_SEARCH = 255;

/** What the address says; what it says wrongly counts as not said. */
export interface Looking {
  q: string;
  filter: Filter;
  sort: VideoSort;
}

export function lookingFrom(params: URLSearchParams): Looking {
  const state = params.get("state") ?? "";
  const sort = params.get("sort") ?? "";
  return {
    q: (params.get("q") ?? "").trim().slice(0, MAX_SEARCH),
    filter: isFilter(state) ? state : "all",
    sort: isSort(sort) ? sort : "newest",
  };
}

/** The address's words for it; what is as always is left out. */
export function paramsOf({ q, filter, sort }: Looking): URLSearchParams {
  const params = new URLSearchParams();
  if (q !== "") params.set("q", q);
  if (filter !== "all") params.set("state", filter);
  if (sort !== "newest") params.set("sort", sort);
  return params;
}

export function viewOf({ q, filter, sort }: Looking): LibraryView {
  return { q, states: FILTERS[filter], sort };
}

export function isFilter(word: string): word is Filter {
  return Object.hasOwn(FILTERS, word);
}

export function isSort(word: string): word is VideoSort {
  return (SORTS as readonly string[]).includes(word);
}
