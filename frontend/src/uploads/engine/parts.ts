/** Which parts of a file the store has, which are on their way and which are missing. No I/O. */

import type { HeldPart, NamedPart } from "./ports";

const MISSING = 0;
const IN_FLIGHT = 1;
const HELD = 2;

export class Parts {
  readonly size: number;
  readonly partSize: number;
  readonly count: number;
  /** By part number, which counts from 1. */
  readonly #status: Uint8Array;
  readonly #etags = new Map<number, string>();
  readonly #inFlight = new Map<number, number>();
  #heldBytes = 0;
  #heldCount = 0;
  /** No part below this one is missing, so that 10,000 parts are not searched again and again. */
  #lowest = 1;

  constructor(size: number, partSize: number, count: number) {
    this.size = size;
    this.partSize = partSize;
    this.count = count;
    this.#status = new Uint8Array(count + 1);
  }

  /** First byte of a part in the file. */
  offsetOf(number: number): number {
    return (number - 1) * this.partSize;
  }

  /** Exact size of a part in bytes; the last one is smaller. */
  sizeOf(number: number): number {
    return Math.min(this.partSize, this.size - this.offsetOf(number));
  }

  /** Bytes that the store has or that are on their way. */
  get sent(): number {
    let sum = this.#heldBytes;
    for (const bytes of this.#inFlight.values()) sum += bytes;
    return sum;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get missing(): number {
    return this.count - this.#heldCount - this.#inFlight.size;
  }

  get complete(): boolean {
    return this.#heldCount === this.count;
  }

  /** Takes the first missing part on its way; null when none is missing. */
  take(): number | null {
    const [number] = this.peek(1);
    if (number === undefined) return null;
    this.#lowest = number + 1;
    this.#status[number] = IN_FLIGHT;
    this.#inFlight.set(number, 0);
    return number;
  }

  /** The parts that will be taken next, at most `count`. */
  peek(count: number): number[] {
    const numbers: number[] = [];
    for (let number = this.#lowest; number <= this.count && numbers.length < count; number++) {
      if (this.#status[number] === MISSING) numbers.push(number);
    }
    return numbers;
  }

  /** So many bytes of a part have left. */
  progress(number: number, bytes: number): void {
    if (this.#status[number] !== IN_FLIGHT) return;
    this.#inFlight.set(number, Math.min(Math.max(0, bytes), this.sizeOf(number)));
  }

  /** The store has the part. */
  landed(number: number, etag: string | null): void {
    this.#inFlight.delete(number);
    if (etag !== null) this.#etags.set(number, bare(etag));
    this.#hold(number);
  }

  /** The part did not arrive: it is missing again. */
  lost(number: number): void {
    if (!this.#inFlight.delete(number)) return;
    this.#status[number] = MISSING;
    this.#lowest = Math.min(this.#lowest, number);
  }

  /**
   * Believes the store instead of what was known. A part of another size, or with another ETag than
   * the one that was answered to us, is missing.
   */
  reconcile(held: Iterable<HeldPart>): void {
    const known = new Map(this.#etags);
    this.#etags.clear();
    this.#inFlight.clear();
    this.#status.fill(MISSING);
    this.#heldBytes = 0;
    this.#heldCount = 0;
    this.#lowest = 1;
    for (const part of held) {
      if (part.number < 1 || part.number > this.count) continue;
      if (part.size !== this.sizeOf(part.number)) continue;
      const etag = bare(part.etag);
      if ((known.get(part.number) ?? etag) !== etag) continue;
      this.#etags.set(part.number, etag);
      this.#hold(part.number);
    }
  }

  /** Every part with its ETag; null while one is unknown. */
  named(): readonly NamedPart[] | null {
    const named: NamedPart[] = [];
    for (let number = 1; number <= this.count; number++) {
      const etag = this.#etags.get(number);
      if (etag === undefined) return null;
      named.push({ number, etag });
    }
    return named;
  }

  /** How full each of at most `limit` stretches of the file is, from 0 to 1. */
  cells(limit: number): number[] {
    const cells = Math.min(limit, this.count);
    return Array.from({ length: cells }, (_, cell) => {
      const first = Math.floor((cell * this.count) / cells) + 1;
      const last = Math.floor(((cell + 1) * this.count) / cells);
      let there = 0;
      for (let number = first; number <= last; number++) there += this.#bytesOf(number);
      return there / (this.offsetOf(last) + this.sizeOf(last) - this.offsetOf(first));
    });
  }

  #bytesOf(number: number): number {
    if (this.#status[number] === HELD) return this.sizeOf(number);
    return this.#inFlight.get(number) ?? 0;
  }

  #hold(number: number): void {
    if (this.#status[number] === HELD) return;
    this.#status[number] = HELD;
    this.#heldCount += 1;
    this.#heldBytes += this.sizeOf(number);
  }
}

/** The store quotes an ETag in its header, the API does not. */
function bare(etag: string): string {
  return etag.replaceAll('"', "");
}
