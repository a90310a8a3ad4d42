import { type ComponentType, lazy, type LazyExoticComponent } from "react";

import { pauseOrOnline } from "@/api/stream";

import { guarded } from "./guarded";

const PAUSE_MS = 1500;
const RELOADED = "framemill.reloaded";
const ONCE_IN_MS = 60_000;

/** A part of the page in a chunk of its own: `loadPart`. */
export function lazyPart<P>(
  load: () => Promise<ComponentType<P>>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => ({ default: await loadPart(load) }));
}

/**
 * Load a chunk of the page, waiting for it while the server is away.
 *
 * When the server is there and the chunk is not, a newer build has taken its place: the document is
 * loaded again, but not over and over. Then it fails with what `load` failed with.
 *
 * @param reload loads the document again; another one in tests.
 */
export async function loadPart<T>(
  load: () => Promise<T>,
  reload = () => {
    window.location.reload();
  },
): Promise<T> {
  const never = new AbortController().signal;
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await isReachable()) {
        if (!mayReload(Date.now())) throw error;
        reload();
      }
      await pauseOrOnline(PAUSE_MS, never);
    }
  }
}

/** Whether the document is there: a shared film has it from another server than its chunks. */
async function isReachable(): Promise<boolean> {
  try {
    const headers = { Accept: "text/html" };
    return (await fetch(window.location.href, { cache: "no-store", headers })).ok;
  } catch {
    return false;
  }
}

function mayReload(now: number): boolean {
  const storage = guarded(() => window.sessionStorage);
  if (storage === null) return false;
  const last = Number(storage.getItem(RELOADED) ?? 0);
  storage.setItem(RELOADED, String(now));
  return now - last > ONCE_IN_MS;
}
