/** What is kept of the API's answers, kept true by the stream of changes. */
import type { InfiniteData, Query, QueryClient } from "@tanstack/react-query";

import type { Change } from "@/api/stream";
import type { Queue, Video } from "@/api/types";
import { keys, type LibraryView } from "@/app/queries";

export interface VideoList {
  items: Video[];
  next_cursor: string | null;
}

export type LibraryData = InfiniteData<VideoList, string | null>;

/** Take a change over into everything that shows the video. */
export function applyChange(client: QueryClient, told: Change): void {
  if (told.kind === "reconnected") {
    void client.invalidateQueries({ queryKey: keys.libraries });
    void client.invalidateQueries({ queryKey: ["video"] });
    void client.invalidateQueries({ queryKey: keys.jobs });
  } else if (told.kind === "deleted") {
    changeLists(client, (list) => withoutVideo(list, told.id));
    changeWaiting(client, told.id, null);
    // Whoever looks at it has to learn that it is gone: asked again, the API says so.
    const own = { queryKey: keys.video(told.id), exact: true };
    client.removeQueries({ ...own, type: "inactive" });
    void client.invalidateQueries(own);
  } else {
    const { video } = told;
    const before = known(client, video.id);
    const queryKey = keys.video(video.id);
    change(client.getQueryCache().find({ queryKey, exact: true }), () => {
      const old = client.getQueryData<Video>(queryKey);
      client.setQueryData(queryKey, newer(old, video));
    });
    changeLists(client, (list, view) => withVideo(list, video, view));
    changeWaiting(client, video.id, video);
    if (before?.state !== video.state || before.stage !== video.stage) {
      void client.invalidateQueries({ queryKey: keys.videoJobs(video.id) });
      void client.invalidateQueries({ queryKey: keys.allJobs });
    }
  }
}

/**
 * Take over why videos wait, from the API's last answer. The reason changes without a new version:
 * a video with the same version gets the new reason only.
 */
export function applyQueue(client: QueryClient, waiting: readonly Video[]): void {
  for (const video of waiting) {
    const queryKey = keys.video(video.id);
    const own = client.getQueryData<Video>(queryKey);
    const after = own && withQueue(own, video);
    // As old as it was: of all that it tells, one thing is new.
    if (after !== own)
      client.setQueryData(queryKey, after, {
        updatedAt: client.getQueryState(queryKey)?.dataUpdatedAt ?? 0,
      });
  }
  const found = new Map(waiting.map((video) => [video.id, video]));
  changeLists(client, (list) =>
    mapPages(list, (items) => {
      const after = items.map((each) => withQueue(each, found.get(each.id)));
      return after.every((each, index) => each === items[index]) ? items : after;
    }),
  );
}

/** Whether anything that is shown, or was told of, waits in the queue. */
export function somethingWaits(client: QueryClient): boolean {
  if (client.getQueryData<readonly Video[]>(keys.waiting)?.length) return true;
  const own = client.getQueriesData<Video>({ queryKey: ["video"], type: "active" });
  if (own.some(([, video]) => video?.state === "queued")) return true;
  const lists = client.getQueriesData<LibraryData>({ queryKey: keys.libraries, type: "active" });
  return lists.some(([, list]) =>
    list?.pages.some((page) => page.items.some(({ state }) => state === "queued")),
  );
}

function withQueue(video: Video, told: Video | undefined): Video {
  const same = told?.version === video.version && !sameQueue(video.queue, told.queue);
  return same ? { ...video, queue: told.queue } : video;
}

function sameQueue(one: Queue | null, other: Queue | null): boolean {
  return one?.reason === other?.reason && one?.message === other?.message;
}

/** Keep the list of what waits true: `video` is how it is now, null when it is gone. */
function changeWaiting(client: QueryClient, id: string, video: Video | null): void {
  const queryKey = keys.waiting;
  change(client.getQueryCache().find({ queryKey, exact: true }), () => {
    const before = client.getQueryData<readonly Video[]>(queryKey) ?? [];
    const old = before.find((each) => each.id === id);
    if (old !== undefined && video !== null && isOlder(video, old)) return;
    const others = before.filter((each) => each.id !== id);
    if (video?.state === "queued") client.setQueryData(queryKey, [video, ...others]);
    else if (old !== undefined) client.setQueryData(queryKey, others);
  });
}

/** The newer of two answers about a video; the second when they are the same age. */
export function newer(one: Video | undefined, other: Video): Video {
  return one !== undefined && isOlder(other, one) ? one : other;
}

/** A version rises with every change but those of progress and stage; progress never goes back. */
function isOlder(video: Video, than: Video): boolean {
  return (
    video.version < than.version ||
    (video.version === than.version && video.progress < than.progress)
  );
}

function isSame(video: Video, other: Video): boolean {
  return (
    video.version === other.version &&
    video.progress === other.progress &&
    video.stage === other.stage
  );
}

/**
 * Put a video into a list where it stands. It is never moved, nor taken away for no longer fitting
 * the filter: nothing moves under the pointer. One that is new goes to the front if it belongs there.
 */
export function withVideo(list: LibraryData, video: Video, view: LibraryView): LibraryData {
  const held = list.pages.some((page) => page.items.some(({ id }) => id === video.id));
  if (held) return mapPages(list, (items) => replaced(items, video));
  return belongsInFront(list, video, view)
    ? mapPages(list, (items, index) => (index === 0 ? [video, ...items] : items))
    : list;
}

export function withoutVideo(list: LibraryData, id: string): LibraryData {
  return mapPages(list, (items) =>
    items.some((each) => each.id === id) ? items.filter((each) => each.id !== id) : items,
  );
}

function changeLists(
  client: QueryClient,
  changed: (list: LibraryData, view: LibraryView) => LibraryData,
): void {
  for (const query of client.getQueryCache().findAll({ queryKey: keys.libraries })) {
    const { queryKey } = query;
    change(query, () => {
      const list = client.getQueryData<LibraryData>(queryKey);
      const after = list && changed(list, queryKey[1] as LibraryView);
      // The list is as old as it was: of all that it tells, one video is new.
      if (after !== list)
        client.setQueryData(queryKey, after, { updatedAt: query.state.dataUpdatedAt });
    });
  }
}

/**
 * Change what is kept, and once more after what is being asked for at this moment: the answer may be
 * from before the change, and a next page is added to the pages as they were when it was asked for.
 */
function change(query: Query | undefined, apply: () => void): void {
  apply();
  if (query !== undefined && query.state.fetchStatus !== "idle")
    void query.promise?.then(apply, apply);
}

/** What was known of a video before, from wherever it is shown. */
function known(client: QueryClient, id: string): Video | undefined {
  const own = client.getQueryData<Video>(keys.video(id));
  if (own !== undefined) return own;
  for (const [, list] of client.getQueriesData<LibraryData>({ queryKey: keys.libraries }))
    for (const page of list?.pages ?? []) {
      const found = page.items.find((each) => each.id === id);
      if (found !== undefined) return found;
    }
  return undefined;
}

/** Ids rise with time, so that a video not loaded yet is told from one that is new. */
function belongsInFront(list: LibraryData, video: Video, view: LibraryView): boolean {
  if (view.sort !== "newest" || view.q !== "") return false;
  if (view.states.length > 0 && !view.states.includes(video.state)) return false;
  const first = list.pages.flatMap((page) => page.items)[0];
  return first === undefined ? list.pages.at(-1)?.next_cursor == null : video.id > first.id;
}

function replaced(items: Video[], video: Video): Video[] {
  const index = items.findIndex(({ id }) => id === video.id);
  const old = items[index];
  if (old === undefined || isOlder(video, old) || isSame(video, old)) return items;
  return items.with(index, video);
}

/** The same list when no page of it changes, so that nothing is drawn again for nothing. */
function mapPages(
  list: LibraryData,
  changed: (items: Video[], index: number) => Video[],
): LibraryData {
  const pages = list.pages.map((page, index) => {
    const items = changed(page.items, index);
    return items === page.items ? page : { ...page, items };
  });
  return pages.every((page, index) => page === list.pages[index]) ? list : { ...list, pages };
}
