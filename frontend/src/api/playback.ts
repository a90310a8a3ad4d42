/** Asks where a video can be watched, and reads the texts beside it. */
import { ApiError } from "./problem";
import type { Playback } from "./types";

/** The last answer is asked for again so long before it ends. */
const SPARE_MS = 60_000;

/** Where one video can be watched, by tokens that are asked for as they are needed. */
export class Playbacks {
  readonly #ask: () => Promise<Playback>;
  readonly #apiUrl: string;
  #last: Promise<Playback> | null = null;

  /**
   * @param ask asks the API.
   * @param apiUrl where the API is; empty for this page's own origin.
   */
  constructor(ask: () => Promise<Playback>, apiUrl: string) {
    this.#ask = ask;
    this.#apiUrl = apiUrl;
  }

  /** Take in an answer that somebody else has asked for: it saves asking again. */
  take(answer: Playback): void {
    this.#last = Promise.resolve(answer);
  }

  /** Ask for the address of the stream, and until when it holds. */
  async stream(): Promise<{ url: string; expiresAt: string }> {
    const { hls_url, expires_at } = await this.#anew();
    if (hls_url === null) throw new Error("This video has no stream.");
    return { url: reached(hls_url, this.#apiUrl), expiresAt: expires_at };
  }

  /** Read captions, as WebVTT. */
  async captions(id: string): Promise<string> {
    const found = ({ text }: Playback) => text.find((each) => each.id === id)?.url ?? null;
    const last = await this.#recent();
    // They may have been added since.
    const url = found(last) ?? found(await this.#anew());
    if (url === null) throw new Error("These captions are gone.");
    return this.#read(url);
  }

  /** Read the chapters, as WebVTT; null where there are none. */
  async chapters(): Promise<string | null> {
    const { chapters_url } = await this.#recent();
    return chapters_url === null ? null : this.#read(chapters_url);
  }

  /** Return the address of the storyboard; null where there is none. */
  async storyboard(): Promise<string | null> {
    const { storyboard_url } = await this.#recent();
    return storyboard_url === null ? null : reached(storyboard_url, this.#apiUrl);
  }

  async #read(address: string): Promise<string> {
    const response = await fetch(reached(address, this.#apiUrl));
    if (!response.ok) {
      // Of no use any more, whatever it says of itself.
      this.#last = null;
      throw new ApiError(`http_${response.status}`, response.status, response.statusText);
    }
    return response.text();
  }

  async #recent(): Promise<Playback> {
    const last = await this.#last?.catch(() => null);
    const holds = last != null && Date.parse(last.expires_at) - Date.now() > SPARE_MS;
    return holds ? last : this.#anew();
  }

  #anew(): Promise<Playback> {
    this.#last = this.#ask();
    return this.#last;
  }
}

/** The API may know itself by another name than the one that this page may connect to. */
export function reached(address: string, apiUrl: string): string {
  const base = apiUrl === "" ? window.location.origin : apiUrl;
  return base + new URL(address, base).pathname;
}
