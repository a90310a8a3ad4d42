/** A stream played by hls.js: where a browser lets scripts feed a video element. */
import Hls, {
  type ErrorData,
  ErrorDetails,
  ErrorTypes,
  Events,
  type Level,
  type LevelDetails,
  type LoaderConfig,
  type LoadPolicy,
  type RetryConfig,
} from "hls.js";

import { folderOf, readdressed } from "./address";
import { pictureFor, surplusOf, type Picture } from "./choices";
import type { Stream, StreamParts, StreamState, Trouble } from "./stream";

/** Seconds that are loaded before somebody plays: the start is at hand, and little is wasted. */
const AT_REST_S = 4;
/** Seconds that are loaded ahead: at least, and at most. */
const AHEAD_S = 30;
const MOST_AHEAD_S = 60;
/** Seconds that stay loaded behind, so that a look back needs no network. */
const BEHIND_S = 60;
/** Nobody tells more pixels from these at the distance of a screen. */
const MOST_RATIO = 2;
const FRUGAL_SIDE = 480;
/** An API that is started anew is away for half a minute: what is loaded lasts as long. */
const TRIES = 8;
/**
 * In a list that still grows, hls.js leaves out a segment that it has given up. So its playlist,
 * which is asked for all the while, has to be given up first: that stops, and is told. Segments of
 * picture and sound are counted together.
 */
const SEGMENT_TRIES = 24;
const WITHOUT_TEXT = {
  subtitleStreamController: undefined,
  subtitleTrackController: undefined,
  timelineController: undefined,
};
/** Between two times that the decoder is started afresh, at least. */
const CALM_MS = 60_000;
/**
 * While a film is made some pictures go further than others: one that ends so many seconds before
 * another is behind, and is left out before it ends so near to where somebody watches.
 */
const LEVEL_S = 4;
const NEAR_S = 10;
/** It may have gone ahead by now: when to look again, the first time; then after twice as long. */
const BACK_MS = 30_000;
/** What the first segment is chosen by, in bits a second, where the browser tells nothing. */
const USUAL_SPEED = 3_000_000;

/** Whether this browser can feed a video element. */
export function feeds(): boolean {
  return Hls.isSupported();
}

/**
 * Have `video` play a stream.
 *
 * @param Player what does it; another one in tests.
 */
export function playByHls(
  video: HTMLVideoElement,
  parts: StreamParts,
  Player: typeof Hls = Hls,
): Stream {
  const { wishes } = parts;
  const folders = [folderOf(parts.url)];
  let address = parts.url;
  let { quality } = wishes;
  let sound: { lang?: string; name?: string } = wishes.sound === null ? {} : { lang: wishes.sound };
  let played = false;
  let ended = false;
  let mendedAt = -Infinity;
  let edge: number | null = null;
  let current = open(parts.start, undefined);
  let next: Hls | null = null;
  let joined: ((isDone: boolean) => void) | undefined;
  // Up to where another player has loaded, in seconds: what that was, this one does not know.
  let carried = 0;
  // Up to where the longest picture goes, in seconds.
  let furthest = 0;
  let lookAgain: ReturnType<typeof setTimeout> | undefined;
  let pause = BACK_MS;
  current.attachMedia(video);

  /** @param start seconds; null: where the element is then. */
  function open(start: number | null, speed: number | undefined): Hls {
    const hls = new Player({
      // Its worker would be a blob: script, which the policy of the page forbids. It has little to
      // do here: segments are passed on as they are.
      enableWorker: false,
      autoStartLoad: false,
      // Captions are shown by `useCaptions`, whatever plays.
      ...(WITHOUT_TEXT as object),
      // The edge is that of what is encoded, not of something live: nobody is to be taken there.
      liveSyncDuration: 1,
      liveMaxLatencyDuration: Infinity,
      // It would lift the limit of who saves bytes, which is lower than that of any player.
      capLevelToPlayerSize: !wishes.saveData,
      maxDevicePixelRatio: MOST_RATIO,
      backBufferLength: BEHIND_S,
      // What somebody has chosen stays chosen, as the menu says.
      preserveManualLevelOnError: true,
      manifestLoadPolicy: patient(Player.DefaultConfig.manifestLoadPolicy, {
        errorRetry: again(TRIES, mayPass),
      }),
      playlistLoadPolicy: patient(Player.DefaultConfig.playlistLoadPolicy, {
        errorRetry: again(TRIES, mayPassWithToken),
      }),
      fragLoadPolicy: patient(Player.DefaultConfig.fragLoadPolicy, {
        errorRetry: again(SEGMENT_TRIES, mayPassWithToken),
        timeoutRetry: again(SEGMENT_TRIES, mayPassWithToken),
      }),
      abrEwmaDefaultEstimate: speed ?? firstSpeed(),
      ...ahead(played),
      ...(Object.keys(sound).length === 0 ? {} : { audioPreference: sound }),
      xhrSetup: (xhr, url) => {
        xhr.open("GET", readdressed(url, folders), true);
      },
    });
    hls.once(Events.MANIFEST_PARSED, (_, { levels, audioTracks }) => {
      const surplus = surplusOf(levels, audioTracks);
      for (const index of surplus.levels.toReversed()) hls.removeLevel(index);
      const choices = levels.length - surplus.levels.length;
      const sounds = audioTracks.length - surplus.sounds.length;
      // What is called by a number may be called otherwise once there are more.
      if (!audioTracks.some(({ name }) => name === sound.name)) {
        const { lang } = sound;
        if (lang === undefined) delete hls.config.audioPreference;
        else hls.config.audioPreference = { lang };
      }
      if (hls === next) takeOver(hls, choices + sounds);
      if (hls !== current || ended) return;
      const wanted = pictureFor(picturesOf(hls), quality);
      if (wanted >= 0) hls.loadLevel = wanted;
      // It holds as soon as nothing is chosen any more, too.
      if (wishes.saveData) saveBytes(hls);
      hls.startLoad(start ?? video.currentTime);
      tell();
    });
    hls.on(Events.LEVEL_UPDATED, (_, { details, level }) => {
      edge = edgeOf(details);
      const picture = hls.levels[level];
      // Not while hls.js goes on with it.
      if (isBehind(details) && picture !== undefined)
        queueMicrotask(() => {
          leaveOut(hls, picture);
        });
      tell();
    });
    for (const event of [
      Events.LEVEL_SWITCHED,
      Events.LEVELS_UPDATED,
      Events.AUDIO_TRACKS_UPDATED,
      Events.AUDIO_TRACK_SWITCHED,
    ] as const)
      hls.on(event, tell);
    hls.on(Events.ERROR, (_, error) => {
      failed(hls, error);
    });
    hls.loadSource(address);
    return hls;
  }

  /** Whether somebody who goes on with a picture would soon have to wait, and not with another. */
  function isBehind({ live, edge: end, targetduration }: LevelDetails): boolean {
    furthest = Math.max(furthest, live ? end : Infinity);
    const apart = furthest - Math.max(LEVEL_S, targetduration);
    return live && end < apart && end < video.currentTime + NEAR_S;
  }

  function leaveOut(hls: Hls, picture: Level): void {
    const index = hls.levels.indexOf(picture);
    if (ended || index < 0) return;
    hls.removeLevel(index);
    if (wishes.saveData) saveBytes(hls);
    hls.loadLevel = pictureFor(picturesOf(hls), quality);
    lookAgain ??= setTimeout(() => {
      lookAgain = undefined;
      pause *= 2;
      void join();
    }, pause);
  }

  function saveBytes(hls: Hls): void {
    hls.autoLevelCapping = pictureFor(picturesOf(hls), FRUGAL_SIDE);
  }

  function join(): Promise<boolean> {
    if (current.levels.length === 0) return Promise.resolve(false);
    // The later look sees what the earlier one would have seen.
    dropNext(true);
    return new Promise((resolve) => {
      joined = resolve;
      next = open(null, current.bandwidthEstimate);
    });
  }

  function tell(): void {
    if (!ended) parts.changed(stateOf(current, edge));
  }

  function failed(hls: Hls, error: ErrorData): void {
    if (ended) return;
    if (hls !== current) {
      // More to choose from is not worth a break: it is asked for again with the next change.
      if (error.fatal) dropNext(false);
      return;
    }
    // Asked for before the token was renewed: it says nothing of the new one.
    if (isStale(error)) {
      if (error.fatal) goOn();
      return;
    }
    const trouble = troubleOf(error);
    // It is no use to ask another address of the same token.
    if (trouble === "refused") parts.failed(trouble);
    else if (error.fatal) {
      // What the decoder stumbled over is often behind it after a fresh start, but not where it
      // stumbles again at once.
      const isCalm = performance.now() - mendedAt > CALM_MS;
      if (error.type === ErrorTypes.MEDIA_ERROR && isCalm) {
        mendedAt = performance.now();
        hls.recoverMediaError();
      } else parts.failed(trouble);
    }
  }

  /** Whether the refusal is that of an older token. */
  function isStale({ response, networkDetails }: ErrorData): boolean {
    if (response?.code !== 403) return false;
    const { responseURL = "" } = (networkDetails ?? {}) as Partial<XMLHttpRequest>;
    const token = folders.findLast((folder) => responseURL.startsWith(folder));
    return token !== undefined && token !== folders.at(-1);
  }

  /** Load again, from the newest address, if it has stopped. */
  function goOn(): void {
    if (current.levels.length === 0) current.loadSource(address);
    else if (!current.loadingEnabled) current.startLoad();
  }

  function dropNext(isDone: boolean): void {
    const dropped = next;
    next = null;
    joined?.(isDone);
    // Not while it is telling something: it would stumble over its own end.
    queueMicrotask(() => dropped?.destroy());
  }

  /** Go on with the same element and all that is loaded: whoever watches sees nothing of it. */
  function takeOver(hls: Hls, choices: number): void {
    if (choices <= current.levels.length + current.audioTracks.length) {
      dropNext(true);
      return;
    }
    carried = loadedTo(video);
    const media = current.transferMedia();
    current.destroy();
    current = hls;
    next = null;
    hls.attachMedia(media ?? video);
    joined?.(true);
  }

  return {
    chooseQuality: (side) => {
      quality = side;
      const wanted = pictureFor(picturesOf(current), side);
      if (wanted >= 0 && video.currentTime < carried) {
        // It would find nothing to load anew. All of it is loaded again, from where one is.
        current.currentLevel = wanted;
        carried = 0;
      }
      // Only another picture is worth what is loaded.
      else if (wanted < 0 || wanted === current.currentLevel) current.loadLevel = wanted;
      else current.nextLevel = wanted;
      tell();
    },
    chooseSound: (index) => {
      const chosen = current.audioTracks[index];
      // By its name too: a comment can be in the same language.
      if (chosen !== undefined)
        sound = { name: chosen.name, ...(chosen.lang === undefined ? {} : { lang: chosen.lang }) };
      current.audioTrack = index;
      tell();
    },
    renew: (url) => {
      address = url;
      folders.push(folderOf(url));
      goOn();
    },
    join,
    play: () => {
      played = true;
      Object.assign(current.config, ahead(played));
    },
    end: () => {
      ended = true;
      clearTimeout(lookAgain);
      dropNext(true);
      current.destroy();
    },
  };
}

function loadedTo({ buffered }: HTMLMediaElement): number {
  return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
}

function patient({ default: usual }: LoadPolicy, change: Partial<LoaderConfig>): LoadPolicy {
  return { default: { ...usual, ...change } };
}

/** Ask so often again, for what `mayPass`: hls.js asks for fewer of these. */
function again(maxNumRetry: number, mayPass: (status: number) => boolean): RetryConfig {
  return {
    maxNumRetry,
    retryDelayMs: 1000,
    maxRetryDelayMs: 8000,
    shouldRetry: (_, count, _isTimeout, response, wouldRetry) => {
      const status = response?.code;
      return wouldRetry || (count < maxNumRetry && status !== undefined && mayPass(status));
    },
  };
}

/** Whether the same request may be answered later. 0: there was no answer. */
function mayPass(status: number): boolean {
  return status < 400 || status >= 500 || status === 408 || status === 429;
}

/** A token that has ended is renewed between two tries. */
function mayPassWithToken(status: number): boolean {
  return status === 403 || mayPass(status);
}

function ahead(played: boolean) {
  return played
    ? { maxBufferLength: AHEAD_S, maxMaxBufferLength: MOST_AHEAD_S }
    : { maxBufferLength: AT_REST_S, maxMaxBufferLength: AT_REST_S };
}

function stateOf(hls: Hls, edge: number | null): StreamState {
  const pictures = picturesOf(hls);
  return {
    pictures,
    shown: pictures[hls.currentLevel] ?? null,
    sounds: hls.audioTracks.map(({ name, lang = "", channels = "" }) => ({
      name,
      language: lang,
      channels,
    })),
    sound: Math.max(0, hls.audioTrack),
    edge,
  };
}

function picturesOf(hls: Hls): Picture[] {
  return hls.levels.map(({ width, height, bitrate }) => ({ width, height, bitrate }));
}

function edgeOf(details: LevelDetails): number | null {
  return details.live ? details.edge : null;
}

/** What is gone or refused stays so; everything else may come back. */
function troubleOf({ response, details, type }: ErrorData): Trouble {
  const status = response?.code ?? 0;
  if (status === 403) return "refused";
  if (!mayPass(status)) return "broken";
  if (details === ErrorDetails.MANIFEST_PARSING_ERROR) return "broken";
  return type === ErrorTypes.NETWORK_ERROR ? "unreachable" : "broken";
}

function firstSpeed(): number {
  const { connection } = navigator as { connection?: { downlink?: number } };
  const told = (connection?.downlink ?? 0) * 1e6;
  return told > 0 ? told : USUAL_SPEED;
}
