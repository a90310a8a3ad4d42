import { InfiniteQueryObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { waitFor } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";

import type { Video } from "@/api/types";
import { keys, type LibraryView } from "@/app/queries";

import { aVideo } from "./aVideo";
import {
  applyChange,
  applyQueue,
  type LibraryData,
  somethingWaits,
  type VideoList,
  withoutVideo,
  withVideo,
} from "./cache";

const ALL: LibraryView = { q: "", states: [], sort: "newest" };

function list(...pages: Video[][]): LibraryData {
  return {
    pages: pages.map((items, index) => ({
      items,
      next_cursor: index < pages.length - 1 ? `after ${index}` : null,
    })),
    pageParams: pages.map((_, index) => (index === 0 ? null : `after ${index - 1}`)),
  };
}

function titles(data: LibraryData | undefined): string[] {
  return (data?.pages ?? []).flatMap((page) => page.items.map(({ title }) => title));
}

describe("a video in a list", () => {
  const before = list([aVideo(4), aVideo(3)], [aVideo(2, { version: 5 }), aVideo(1)]);

  test("is replaced where it stands", () => {
    const after = withVideo(before, aVideo(3, { title: "New", version: 2 }), ALL);
    expect(titles(after)).toEqual(["Film 4", "New", "Film 2", "Film 1"]);
  });

  test("leaves the pages alone that do not hold it", () => {
    const after = withVideo(before, aVideo(3, { version: 2 }), ALL);
    expect(after.pages[1]).toBe(before.pages[1]);
  });

  test.each([4, 5])("is not replaced by version %d when it has 5", (version) => {
    expect(withVideo(before, aVideo(2, { title: "Old", version }), ALL)).toBe(before);
  });

  test("stays though it no longer fits the filter", () => {
    const view: LibraryView = { ...ALL, states: ["ready"] };
    const after = withVideo(before, aVideo(3, { state: "queued", version: 2 }), view);
    expect(titles(after)).toEqual(titles(before));
  });

  test("goes when it is deleted", () => {
    expect(titles(withoutVideo(before, aVideo(3).id))).toEqual(["Film 4", "Film 2", "Film 1"]);
    expect(withoutVideo(before, aVideo(9).id)).toBe(before);
  });
});

describe("a new video", () => {
  const before = list([aVideo(3), aVideo(2)]);

  test("goes to the front of what is sorted newest first", () => {
    expect(titles(withVideo(before, aVideo(4), ALL))).toEqual(["Film 4", "Film 3", "Film 2"]);
  });

  test("is the first of an empty library", () => {
    expect(titles(withVideo(list([]), aVideo(1), ALL))).toEqual(["Film 1"]);
  });

  test.each<[string, Partial<LibraryView>]>([
    ["sorted by title", { sort: "title" }],
    ["sorted oldest first", { sort: "oldest" }],
    ["a search", { q: "Film" }],
    ["another state", { states: ["failed"] }],
  ])("does not come into %s", (_, view) => {
    expect(withVideo(before, aVideo(4), { ...ALL, ...view })).toBe(before);
  });

  test("comes into a list of its state", () => {
    const view: LibraryView = { ...ALL, states: ["ready"] };
    expect(titles(withVideo(before, aVideo(4), view))).toHaveLength(3);
  });

  test("is told from an old one that has not been loaded yet", () => {
    expect(withVideo(before, aVideo(1, { version: 9 }), ALL)).toBe(before);
  });
});

describe("a change", () => {
  function aClient(data?: LibraryData): QueryClient {
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    if (data !== undefined) client.setQueryData(keys.library(ALL), data);
    return client;
  }
  const libraryOf = (client: QueryClient) => client.getQueryData<LibraryData>(keys.library(ALL));

  test("comes into every list and under the video's own key", () => {
    const client = aClient(list([aVideo(2)]));
    const search: LibraryView = { ...ALL, q: "film" };
    client.setQueryData(keys.library(search), list([aVideo(2)]));
    const video = aVideo(2, { title: "New", version: 2 });
    applyChange(client, { kind: "video", video });
    expect(titles(libraryOf(client))).toEqual(["New"]);
    expect(titles(client.getQueryData<LibraryData>(keys.library(search)))).toEqual(["New"]);
    expect(client.getQueryData(keys.video(video.id))).toEqual(video);
  });

  test("does not replace a newer one under the video's own key", () => {
    const client = aClient();
    const newer = aVideo(2, { version: 7 });
    client.setQueryData(keys.video(newer.id), newer);
    applyChange(client, { kind: "video", video: aVideo(2, { version: 6 }) });
    expect(client.getQueryData(keys.video(newer.id))).toEqual(newer);
  });

  test("does not make a list count as just asked for", () => {
    const client = aClient();
    client.setQueryData(keys.library(ALL), list([aVideo(2)]), { updatedAt: 1000 });
    applyChange(client, { kind: "video", video: aVideo(2, { version: 2 }) });
    expect(client.getQueryState(keys.library(ALL))?.dataUpdatedAt).toBe(1000);
  });

  test("takes a deleted video out of lists and from its own key", () => {
    const client = aClient(list([aVideo(2), aVideo(1)]));
    client.setQueryData(keys.video(aVideo(2).id), aVideo(2));
    applyChange(client, { kind: "deleted", id: aVideo(2).id });
    expect(titles(libraryOf(client))).toEqual(["Film 1"]);
    expect(client.getQueryData(keys.video(aVideo(2).id))).toBeUndefined();
  });

  test("has whoever looks at a deleted video ask again", async () => {
    const client = aClient();
    const ask = vi.fn(() => Promise.resolve(aVideo(2)));
    const observer = new QueryObserver(client, {
      queryKey: keys.video(aVideo(2).id),
      queryFn: ask,
      initialData: aVideo(2),
      staleTime: Infinity,
    });
    const stop = observer.subscribe(() => undefined);
    applyChange(client, { kind: "deleted", id: aVideo(2).id });
    await waitFor(() => {
      expect(ask).toHaveBeenCalledOnce();
    });
    stop();
  });

  test.each<[Partial<Video>, boolean]>([
    [{ state: "processing", stage: "encoding", progress: 50 }, false],
    [{ state: "processing", stage: "publishing" }, true],
    [{ state: "ready", stage: null }, true],
  ])("to %o asks for the video's jobs again: %s", (other, asks) => {
    const client = aClient(list([aVideo(2, { state: "processing", stage: "encoding" })]));
    const jobs = keys.videoJobs(aVideo(2).id);
    client.setQueryData(jobs, []);
    applyChange(client, { kind: "video", video: aVideo(2, { version: 2, ...other }) });
    expect(client.getQueryState(jobs)?.isInvalidated).toBe(asks);
  });

  test("missed while the stream was away is asked for", () => {
    const client = aClient(list([aVideo(2)]));
    applyChange(client, { kind: "reconnected" });
    expect(client.getQueryState(keys.library(ALL))?.isInvalidated).toBe(true);
  });

  describe("while a list is being asked for", () => {
    /** A library whose answers are given by hand. */
    function asking(client: QueryClient) {
      const answers: ((page: VideoList) => void)[] = [];
      const observer = new InfiniteQueryObserver(client, {
        queryKey: keys.library(ALL),
        queryFn: () =>
          new Promise<VideoList>((resolve) => {
            answers.push(resolve);
          }),
        initialPageParam: null as string | null,
        getNextPageParam: (page: VideoList) => page.next_cursor,
      });
      observer.subscribe(() => undefined);
      return {
        observer,
        answer: async (page: VideoList) => {
          await waitFor(() => {
            expect(answers).not.toHaveLength(0);
          });
          answers.shift()?.(page);
          await waitFor(() => {
            expect(client.getQueryState(keys.library(ALL))?.fetchStatus).toBe("idle");
          });
        },
      };
    }

    test("outlives an answer from before it", async () => {
      const client = aClient();
      const { answer } = asking(client);
      applyChange(client, { kind: "video", video: aVideo(2, { title: "New", version: 2 }) });
      await answer({ items: [aVideo(2)], next_cursor: null });
      expect(titles(libraryOf(client))).toEqual(["New"]);
    });

    test("outlives the next page, which is added to the pages of before", async () => {
      const client = aClient();
      const { observer, answer } = asking(client);
      await answer({ items: [aVideo(4), aVideo(3)], next_cursor: "on" });
      void observer.fetchNextPage();
      applyChange(client, { kind: "video", video: aVideo(5) });
      applyChange(client, { kind: "deleted", id: aVideo(3).id });
      await answer({ items: [aVideo(2)], next_cursor: null });
      expect(titles(libraryOf(client))).toEqual(["Film 5", "Film 4", "Film 2"]);
    });
  });
});

describe("why videos wait", () => {
  const busy = { reason: "busy", message: "Busy." } as const;
  const noRoom = { reason: "no_room", message: "No room." } as const;
  const waiting = (n: number, other: Partial<Video> = {}) =>
    aVideo(n, { state: "queued", queue: busy, ...other });

  test("is taken over without anything else of them", () => {
    const client = new QueryClient();
    const before = list([waiting(4), aVideo(3)], [waiting(2), aVideo(1)]);
    client.setQueryData(keys.library(ALL), before, { updatedAt: 5 });
    client.setQueryData(keys.video(aVideo(4).id), waiting(4), { updatedAt: 6 });
    applyQueue(client, [waiting(4, { queue: noRoom, title: "Other" }), waiting(2)]);
    const after = client.getQueryData<LibraryData>(keys.library(ALL));
    expect(after?.pages[0]?.items[0]).toEqual(waiting(4, { queue: noRoom }));
    expect(after?.pages[0]?.items[1]).toBe(before.pages[0]?.items[1]);
    // Nothing of it is new.
    expect(after?.pages[1]).toBe(before.pages[1]);
    expect(client.getQueryState(keys.library(ALL))?.dataUpdatedAt).toBe(5);
    expect(client.getQueryData<Video>(keys.video(aVideo(4).id))?.queue).toEqual(noRoom);
    expect(client.getQueryState(keys.video(aVideo(4).id))?.dataUpdatedAt).toBe(6);
  });

  test("is not taken over from another version", () => {
    const client = new QueryClient();
    const before = list([aVideo(4, { version: 3, state: "processing" })]);
    client.setQueryData(keys.library(ALL), before);
    applyQueue(client, [waiting(4, { version: 2 })]);
    expect(client.getQueryData(keys.library(ALL))).toBe(before);
  });

  test("is known of those that were told of, until they are worked on or gone", () => {
    const client = new QueryClient();
    const told = () =>
      client.getQueryData<readonly Video[]>(keys.waiting)?.map(({ title }) => title);
    applyChange(client, { kind: "video", video: aVideo(1) });
    expect(told()).toBeUndefined();
    expect(somethingWaits(client)).toBe(false);
    applyChange(client, { kind: "video", video: waiting(2, { version: 2 }) });
    applyChange(client, { kind: "video", video: waiting(3) });
    expect(told()).toEqual(["Film 3", "Film 2"]);
    expect(somethingWaits(client)).toBe(true);
    // From before: it stays.
    applyChange(client, { kind: "video", video: aVideo(2, { state: "uploading" }) });
    applyChange(client, { kind: "deleted", id: aVideo(3).id });
    expect(told()).toEqual(["Film 2"]);
    applyChange(client, { kind: "video", video: aVideo(2, { state: "processing", version: 3 }) });
    expect(told()).toEqual([]);
    expect(somethingWaits(client)).toBe(false);
  });

  test("matters only for lists that somebody looks at", () => {
    const client = new QueryClient();
    client.setQueryData(keys.library(ALL), list([waiting(4)]));
    expect(somethingWaits(client)).toBe(false);
    const observer = new InfiniteQueryObserver(client, {
      queryKey: keys.library(ALL),
      queryFn: () => Promise.resolve<VideoList>({ items: [], next_cursor: null }),
      initialPageParam: null as string | null,
      getNextPageParam: () => null,
      staleTime: Infinity,
    });
    const stop = observer.subscribe(() => undefined);
    expect(somethingWaits(client)).toBe(true);
    stop();
  });
});
