/** Gives a video element its source. */
import type { Source } from "./sources";

const HLS_TYPE = "application/vnd.apple.mpegurl";

/**
 * Have `video` play `source`, by itself where it can.
 *
 * @param onFailed told when it cannot go on: a file that is not there, an address that has run out, data that cannot be decoded.
 * @returns what takes the source away again; nothing is told afterwards.
 */
export function attach(video: HTMLVideoElement, source: Source, onFailed: () => void): () => void {
  const ended = new AbortController();
  video.addEventListener("error", onFailed, { signal: ended.signal });
  if (source.kind === "mp4" || video.canPlayType(HLS_TYPE) !== "") video.src = source.url;
  else void attachHls(video, source.url, ended.signal, onFailed);
  return () => {
    ended.abort();
  };
}

/** Let go of what is loaded and of its connections. */
export function release(video: HTMLVideoElement): void {
  video.removeAttribute("src");
  video.load();
}

async function attachHls(
  video: HTMLVideoElement,
  url: string,
  ended: AbortSignal,
  onFailed: () => void,
): Promise<void> {
  // Half a megabyte that most browsers and most videos do not need.
  const found = await import("hls.js").catch(() => null);
  if (ended.aborted) return;
  if (!found?.default.isSupported()) {
    onFailed();
    return;
  }
  const Hls = found.default;
  // Its worker would be a blob: script, which the policy of the page forbids.
  const hls = new Hls({ enableWorker: false });
  ended.addEventListener("abort", () => {
    hls.destroy();
  });
  let mended = false;
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal || ended.aborted) return;
    // What the decoder stumbled over is often behind it after a fresh start; once is enough.
    if (type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
      mended = true;
      hls.recoverMediaError();
    } else onFailed();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
}
