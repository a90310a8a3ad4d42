/**
 * Videos that have been deleted here but can still be had back: hidden at once, deleted for good when
 * the time to undo is over. The lists keep them, so that what comes back stands where it stood.
 */

export interface Deletion {
  /** Delete it for good; fails when that did not work. */
  send: () => Promise<void>;
  /** The page is going away: send without waiting for an answer. */
  sendLast: () => void;
  /** It cannot be had back any more, whatever comes of it. */
  onLate: () => void;
  onFailed: (error: unknown) => void;
}

export const UNDO_MS = 8000;

interface Waiting extends Deletion {
  timer: ReturnType<typeof setTimeout>;
}

export class PendingDeletes {
  #waiting = new Map<string, Waiting>();
  /** Stays after the end: a list that was asked for before may still name the video. */
  #hidden: ReadonlySet<string> = new Set();
  #listeners = new Set<() => void>();
  #sentListeners = new Set<(id: string) => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Told of each video when its deletion is on its way and cannot be had back. */
  onSent = (listener: (id: string) => void): (() => void) => {
    this.#sentListeners.add(listener);
    return () => this.#sentListeners.delete(listener);
  };

  /** The ids not to be shown; another set after each change. */
  getHidden = (): ReadonlySet<string> => this.#hidden;

  add(id: string, deletion: Deletion): void {
    if (this.#hidden.has(id)) return;
    const timer = setTimeout(() => {
      void this.#send(id);
    }, UNDO_MS);
    this.#waiting.set(id, { ...deletion, timer });
    this.#hide(id);
  }

  /** Take a deletion back; false when it is too late. */
  undo(id: string): boolean {
    if (this.#take(id) === undefined) return false;
    this.#show(id);
    return true;
  }

  /** The page is going away: what waits is sent now. */
  flush = (): void => {
    for (const id of [...this.#waiting.keys()]) {
      const deletion = this.#take(id);
      deletion?.onLate();
      this.#tellSent(id);
      deletion?.sendLast();
    }
  };

  /** What waits need not be deleted any more: it is gone with all else. */
  forget(): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.onLate();
  }

  async #send(id: string): Promise<void> {
    const deletion = this.#take(id);
    if (deletion === undefined) return;
    deletion.onLate();
    this.#tellSent(id);
    try {
      await deletion.send();
    } catch (error) {
      this.#show(id);
      deletion.onFailed(error);
    }
  }

  #take(id: string): Waiting | undefined {
    const found = this.#waiting.get(id);
    clearTimeout(found?.timer);
    this.#waiting.delete(id);
    return found;
  }

  #tellSent(id: string): void {
    for (const listener of this.#sentListeners) listener(id);
  }

  #hide(id: string): void {
    this.#become(new Set(this.#hidden).add(id));
  }

  #show(id: string): void {
    const hidden = new Set(this.#hidden);
    hidden.delete(id);
    this.#become(hidden);
  }

  #become(hidden: ReadonlySet<string>): void {
    this.#hidden = hidden;
    for (const listener of this.#listeners) listener();
  }
}

/** One for the whole page, so that a deletion outlives the place where it was asked for. */
export const pendingDeletes = new PendingDeletes();

if (typeof window !== "undefined") window.addEventListener("pagehide", pendingDeletes.flush);
