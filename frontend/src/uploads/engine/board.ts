/** Shows a list to its watchers: changes of state at once, progress a few times a second. */

const INTERVAL_MS = 100;

export class Board<Row> {
  readonly #build: () => readonly Row[];
  readonly #listeners = new Set<() => void>();
  #snapshot: readonly Row[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #due = Number.POSITIVE_INFINITY;

  constructor(build: () => readonly Row[]) {
    this.#build = build;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** The same array until something has changed. */
  readonly getSnapshot = (): readonly Row[] => this.#snapshot;

  now(): void {
    this.stop();
    this.#snapshot = this.#build();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Shows it after a moment, together with what else moves until then. */
  soon(ms = INTERVAL_MS): void {
    const due = performance.now() + ms;
    if (due >= this.#due) return;
    this.stop();
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.now();
    }, ms);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
  }
}
