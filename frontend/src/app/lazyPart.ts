import { type ComponentType, lazy, type LazyExoticComponent } from "react";

import { pauseOrOnline } from "@/api/stream";

import { guarded } from "./guarded";

const PAUSE_MS = 1500;
const RELOADED = "framemill.reloaded";
const ONCE_IN_MS = 60_000;

/**
 * A part of the page in a chunk of its own, which is waited for while the server is away.
 *
 * When the server is there and the chunk is not, a newer build has taken its place: the document is
 * loaded again, but not over and over.
 */
export function lazyPart<P>(
  load: () => Promise<ComponentType<P>>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => {
    const never = new AbortController().signal;
    for (;;) {
      try {
        return { default: await load() };
      } catch (error) {
        if (await isReachable()) {
          if (!mayReload(Date.now())) throw error;
          window.location.reload();
        }
        await pauseOrOnline(PAUSE_MS, never);
      }
    }
  });
}

async function isReachable(): Promise<boolean> {
  try {
    return (await fetch("/config.json", { cache: "no-store" })).ok;
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
