/** Tells other tabs how far the uploads of this one are: a change of state at once, the rest seldom. */

import type { LocalUpload, UploadRow } from "./local";
import type { Tabs } from "./tabs";

const INTERVAL_MS = 1_000;

interface Told {
  readonly at: number;
  readonly row: UploadRow;
}

export class Teller {
  readonly #tabs: Tabs;
  readonly #told = new WeakMap<LocalUpload, Told>();

  constructor(tabs: Tabs) {
    this.#tabs = tabs;
  }

  tell(local: LocalUpload, row: UploadRow): void {
    if (row.uploadId === undefined) return;
    this.#told.set(local, { at: performance.now(), row });
    const { uploadId: id, state, sent, cells } = row;
    this.#tabs.post({ type: "status", id, state, sent, cells });
  }

  /** Tells it if it is news. */
  tellNews(local: LocalUpload, row: UploadRow): void {
    const told = this.#told.get(local);
    if (told?.row === row) return;
    const due = told === undefined || performance.now() - told.at >= INTERVAL_MS;
    if (due || told.row.state !== row.state) this.tell(local, row);
  }
}
