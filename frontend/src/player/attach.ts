/** Gives a video element a file. */

/**
 * Have `video` play the file at `url`.
 *
 * @param onFailed told when it cannot go on: a file that is not there, an address that has run out, data that cannot be decoded.
 * @returns what takes the file away again; nothing is told afterwards.
 */
export function attach(video: HTMLVideoElement, url: string, onFailed: () => void): () => void {
  const ended = new AbortController();
  video.addEventListener("error", onFailed, { signal: ended.signal });
  video.src = url;
  return () => {
    ended.abort();
  };
}

/** Let go of what is loaded and of its connections. */
export function release(video: HTMLVideoElement): void {
  video.removeAttribute("src");
  video.load();
}
