/**
 * A video that somebody has shared, as the API tells of it to who has the link.
 *
 * It is asked again while it cannot be watched yet, and while more qualities may join. It knows
 * nothing of React.
 */
import createClient from "openapi-fetch";

import { type Api, answered } from "@/api/client";
import { Playbacks, reached } from "@/api/playback";
import { isApiError, offline } from "@/api/problem";
import type { Rendition, SharedPlayback } from "@/api/types";
import type { StreamAddress } from "@/player/stream/watch";

export interface SharedState {
  /** Null before the first answer. */
  playback: SharedPlayback | null;
  /** Why there is none, or it could not be had anew; null after an answer. */
  failure: unknown;
}

const AGAIN_MS = 10_000;
/** An address that was asked for so long ago is asked for anew. */
const FRESH_MS = 30_000;

export class Shared {
  readonly #token: string;
  readonly #api: Pick<Api, "POST">;
  readonly #listeners = new Set<() => void>();
  #state: SharedState = { playback: null, failure: null };
  #unused: { playback: SharedPlayback; at: number } | null = null;
  /** Reads what there is beside the film. */
  readonly beside = new Playbacks(() => this.#ask(), "");

  constructor(token: string, api: Pick<Api, "POST"> = openApi()) {
    this.#token = token;
    this.#api = api;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  getState = (): SharedState => this.#state;

  /** Ask now, and again for as long as something may change; returns what ends that. */
  begin(): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (isOpen(this.#state)) void this.load();
    }, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  }

  async load(): Promise<void> {
    try {
      await this.#ask(true);
    } catch (failure) {
      this.#change({ failure });
    }
  }

  /** Return an address of the stream: that of the last answer, once, or a new one. */
  async address(): Promise<StreamAddress> {
    const last = this.#unused;
    this.#unused = null;
    const isFresh = last !== null && performance.now() - last.at < FRESH_MS;
    const playback = isFresh ? last.playback : await this.#ask();
    const { hls_url, expires_at } = playback;
    if (hls_url === null) throw new Error("This video has no stream.");
    return { url: reached(hls_url, ""), expiresAt: expires_at, tracks: tracksOf(playback) };
  }

  /** Return what is played where the stream cannot be, with addresses that hold for a while. */
  async files(): Promise<readonly Rendition[]> {
    return filesOf(await this.#ask());
  }

  /** @param isForLater whether its address is for who asks for one next. */
  async #ask(isForLater = false): Promise<SharedPlayback> {
    const params = { path: { share_token: this.#token } };
    const playback = await answered(
      this.#api.POST("/v1/shares/{share_token}/playback", { params }),
    );
    this.beside.take(playback);
    // Before it is told: who hears of it asks for the address at once.
    if (isForLater) this.#unused = { playback, at: performance.now() };
    this.#change({ playback, failure: null });
    return playback;
  }

  #change(change: Partial<SharedState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** The ids of the tracks of the stream of a video: captions are shown beside it. */
export function tracksOf({ tracks }: SharedPlayback): string[] {
  return tracks.filter(({ kind }) => kind !== "text").map(({ id }) => id);
}

/** The files of a video. What the API does not tell of them here, a player does not need. */
export function filesOf({ mp4 }: SharedPlayback): Rendition[] {
  return mp4.map((file) => ({ size: 0, duration: 0, audio_codec: null, ...file }));
}

/** Whether it cannot be watched yet, or more of it will come. */
function isOpen({ playback, failure }: SharedState): boolean {
  if (playback === null) return isApiError(failure, "invalid_state");
  return playback.hls_url !== null && playback.dash_url === null;
}

function openApi(): Api {
  return createClient({
    baseUrl: "",
    fetch: async (request) => {
      try {
        return await fetch(request);
      } catch {
        throw offline();
      }
    },
  });
}
