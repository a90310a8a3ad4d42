/**
 * One look at a stream, from its first token to its last.
 *
 * It asks for tokens before they end, goes on after trouble, and takes over what joins. It knows
 * nothing of React.
 */
import { renewIn } from "./address";
import type { Open } from "./open";
import { NOTHING, type Stream, type StreamState, type StreamWishes, type Trouble } from "./stream";

/** Where a stream is, for a while. */
export interface StreamAddress {
  /** Of its first playlist. */
  url: string;
  expiresAt: string;
  /** The ids of its tracks, where the answer says so. */
  tracks?: readonly string[];
}

export interface WatchState {
  stream: StreamState;
  /** A fresh token is on its way. */
  renewing: boolean;
  /** Why it cannot go on now; null while it can. */
  failure: unknown;
  /** Why it will not go on either; null while it may. */
  lost: unknown;
}

export const UNOPENED: WatchState = {
  stream: NOTHING,
  renewing: false,
  failure: null,
  lost: null,
};

export interface WatchParts {
  video: HTMLVideoElement;
  ask: () => Promise<StreamAddress>;
  /** Finds what can play it here. */
  find: () => Promise<Open | null>;
  wishes: () => StreamWishes;
  /** Seconds. */
  start: number;
  /** Play on, if it played. */
  resume: () => void;
  changed: (state: WatchState) => void;
}

/** A second failure so soon after a fresh token was asked for is not that of a token that has ended. */
const CALM_MS = 10_000;
/** After a token could not be had. What plays goes on with the old one meanwhile. */
const AGAIN_MS = 60_000;
/** While it cannot go on: between two tries. */
const TRY_MS = 10_000;

/** There is nothing that plays it here. */
class Unplayable extends Error {}

export class Watch {
  readonly #parts: WatchParts;
  #state = UNOPENED;
  #stream: Stream | null = null;
  /** The tracks that it was opened with, and those there are now; and whether they were whole. */
  #opened: readonly string[] = [];
  #tracks: readonly string[] = [];
  #openedWhole = false;
  #isWhole = false;
  #wentOnAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #joinTimer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    window.addEventListener("online", this.#online);
  }

  /** Begin; resolves when it is opened, or cannot be. */
  async open(
    tracks: readonly string[],
    isWhole: boolean,
    start = this.#parts.start,
  ): Promise<void> {
    this.#opened = this.#tracks = tracks;
    this.#isWhole = isWhole;
    try {
      // Both at once: neither needs the other.
      const [play, url] = await Promise.all([this.#parts.find(), this.#ask()]);
      if (this.#ended) return;
      this.#begin(play, url, start);
      this.#change({ failure: null, lost: null });
    } catch (error) {
      this.#change({ lost: error });
      // Whoever has files plays these, and this ends.
      if (error instanceof Unplayable) clearTimeout(this.#timer);
      else this.#plan(TRY_MS);
    }
  }

  #begin(play: Open | null, url: string, start: number): void {
    if (play === null) throw new Unplayable("This browser plays no streams.");
    const { video, wishes, resume } = this.#parts;
    this.#opened = this.#tracks;
    this.#openedWhole = this.#isWhole;
    this.#stream?.end();
    this.#stream = play(video, {
      url,
      start,
      wishes: wishes(),
      changed: (stream) => {
        this.#change({ stream });
      },
      failed: (trouble) => void this.#failed(trouble),
    });
    if (!video.paused) this.#stream.play();
    resume();
  }

  /**
   * Tell which tracks there are now: more may have joined. Once they are whole, so may those that
   * were behind.
   */
  see(tracks: readonly string[], isWhole: boolean): void {
    this.#tracks = tracks;
    this.#isWhole = isWhole;
    void this.#join();
  }

  /** Take in what has joined; what cannot be had now is asked for again. */
  async #join(): Promise<void> {
    clearTimeout(this.#joinTimer);
    const [before, stream, tracks] = [this.#opened, this.#stream, this.#tracks];
    const wasWhole = this.#openedWhole;
    if (stream === null || !isSameFilm(before, tracks)) return;
    if (tracks.length === before.length && this.#isWhole === wasWhole) return;
    this.#opened = tracks;
    this.#openedWhole = this.#isWhole;
    if ((await stream.join()) || this.#ended || this.#opened !== tracks) return;
    this.#opened = before;
    this.#openedWhole = wasWhole;
    this.#joinTimer = setTimeout(() => void this.#join(), TRY_MS);
  }

  play(): void {
    this.#stream?.play();
  }

  chooseQuality(side: number | null): void {
    this.#stream?.chooseQuality(side);
  }

  chooseSound(index: number): void {
    this.#stream?.chooseSound(index);
  }

  /** Somebody asks to try again. */
  async retry(): Promise<void> {
    const isLost = this.#state.lost !== null;
    this.#change({ failure: null, lost: null });
    await this.#tryAgain(isLost);
  }

  async #tryAgain(isLost: boolean): Promise<void> {
    if (this.#stream === null) await this.open(this.#tracks, this.#isWhole);
    else if (isLost) await this.open(this.#tracks, this.#isWhole, this.#parts.video.currentTime);
    else await this.#goOn();
  }

  /** The network is back: whoever waits has waited long enough. */
  readonly #online = (): void => {
    const { failure, lost } = this.#state;
    if (failure !== null || lost !== null) void this.#tryAgain(lost !== null);
  };

  end(): void {
    this.#ended = true;
    window.removeEventListener("online", this.#online);
    clearTimeout(this.#timer);
    clearTimeout(this.#joinTimer);
    this.#stream?.end();
  }

  async #failed(trouble: Trouble): Promise<void> {
    if (this.#state.renewing) return;
    const isCalm = performance.now() - this.#wentOnAt > CALM_MS;
    if (trouble === "broken" || (trouble === "refused" && !isCalm)) {
      clearTimeout(this.#timer);
      this.#change({ lost: new Error("The stream cannot be played.") });
    } else if (isCalm) await this.#goOn();
    else this.#wait(new Error("The stream cannot be reached."));
  }

  /** It cannot go on now: it tries again after a while. */
  #wait(failure: unknown): void {
    this.#change({ failure });
    this.#plan(TRY_MS);
  }

  /** Go on with a fresh token. */
  async #goOn(): Promise<void> {
    if (this.#state.renewing) return;
    this.#wentOnAt = performance.now();
    this.#change({ renewing: true });
    try {
      await this.#renew();
      // Some browsers pause what has failed, or open it anew at rest.
      this.#parts.resume();
    } catch (failure) {
      this.#wait(failure);
    } finally {
      this.#change({ renewing: false });
    }
  }

  async #renew(): Promise<void> {
    const url = await this.#ask();
    if (this.#ended) return;
    if (isSameFilm(this.#opened, this.#tracks)) this.#stream?.renew(url);
    // It was encoded again meanwhile: the old tracks are there only for old tokens.
    else this.#begin(await this.#parts.find(), url, this.#parts.video.currentTime);
    this.#change({ failure: null });
    void this.#join();
  }

  /** Ask for an address, and plan when to ask again. */
  async #ask(): Promise<string> {
    const { url, expiresAt, tracks = this.#tracks } = await this.#parts.ask();
    this.#tracks = tracks;
    this.#plan(renewIn(expiresAt, Date.now()));
    return url;
  }

  #plan(pause: number): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      const { failure, lost } = this.#state;
      if (failure !== null || lost !== null) void this.#tryAgain(lost !== null);
      else
        this.#renew().catch(() => {
          this.#plan(AGAIN_MS);
        });
    }, pause);
  }

  #change(change: Partial<WatchState>): void {
    if (this.#ended) return;
    this.#state = { ...this.#state, ...change };
    this.#parts.changed(this.#state);
  }
}

/** Whether the tracks of a stream are those of before, and perhaps more. */
export function isSameFilm(before: readonly string[], now: readonly string[]): boolean {
  return before.every((track) => now.includes(track));
}
