/** Presigned URLs, asked for a few parts ahead, so that none waits long enough to expire. */

import { UploadError } from "./errors";
import type { SignedPart } from "./ports";

/** Enough to begin sending with; a part that is being sent may outlive its URL. */
const MARGIN_MS = 15_000;
/** A URL that is so young is good; if it seems to have expired, a clock is wrong. */
const FRESH_MS = 60_000;

interface Kept {
  readonly part: SignedPart;
  /** By our own clock, so that it does not matter whether that is right. */
  readonly signedAt: number;
}

export interface UrlOptions {
  readonly sign: (numbers: readonly number[]) => Promise<readonly SignedPart[]>;
  /** The parts that will be sent next, at most so many. */
  readonly upcoming: (count: number) => readonly number[];
  /** How many are signed at once. */
  readonly window: number;
}

export class Urls {
  readonly #options: UrlOptions;
  readonly #kept = new Map<number, Kept>();
  #asking: { readonly numbers: ReadonlySet<number>; readonly answer: Promise<void> } | null = null;

  constructor(options: UrlOptions) {
    this.#options = options;
  }

  /** A URL for a part that is to be sent now. */
  async get(number: number): Promise<SignedPart> {
    for (;;) {
      const kept = this.#usable(number);
      if (kept !== null) {
        this.#lookAhead();
        return kept;
      }
      const asking = this.#asking;
      if (asking === null) {
        await this.#ask([number, ...this.#unsigned(this.#options.window - 1)]);
        if (this.#usable(number) === null) {
          throw new UploadError("unexpected_answer", `There is no URL for part ${number}.`);
        }
      } else if (asking.numbers.has(number)) {
        await asking.answer;
      } else {
        // Somebody else's request: whether it fails is theirs to say.
        await asking.answer.catch(() => undefined);
      }
    }
  }

  /** The part has landed, or its URL may be why it did not. */
  forget(number: number): void {
    this.#kept.delete(number);
  }

  /** A URL was refused: those that were signed with it will be, too. */
  forgetAll(): void {
    this.#kept.clear();
  }

  /** Asks early, so that no connection waits for a URL. */
  #lookAhead(): void {
    if (this.#asking !== null) return;
    const missing = this.#unsigned(this.#options.window);
    const near = this.#options.upcoming(this.#options.window / 2);
    if (near.every((number) => this.#usable(number) !== null) || missing.length === 0) return;
    // Nobody waits for these yet. A later caller asks again and gets the error.
    this.#ask(missing).catch(() => undefined);
  }

  #unsigned(count: number): number[] {
    const upcoming = this.#options.upcoming(this.#options.window);
    return upcoming.filter((number) => this.#usable(number) === null).slice(0, count);
  }

  #ask(numbers: readonly number[]): Promise<void> {
    const answer = this.#request(numbers).finally(() => {
      this.#asking = null;
    });
    this.#asking = { numbers: new Set(numbers), answer };
    return answer;
  }

  async #request(numbers: readonly number[]): Promise<void> {
    const signedAt = Date.now();
    for (const part of await this.#options.sign(numbers)) {
      this.#kept.set(part.number, { part, signedAt });
    }
  }

  #usable(number: number): SignedPart | null {
    const kept = this.#kept.get(number);
    if (kept === undefined) return null;
    const old = Date.now() - kept.signedAt > FRESH_MS;
    const expired = Date.now() > Date.parse(kept.part.expiresAt) - MARGIN_MS;
    return old && expired ? null : kept.part;
  }
}
