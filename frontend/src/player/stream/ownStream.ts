/** A stream played by the browser itself: where scripts cannot feed a video element. */
import type { Sound } from "./choices";
import { NOTHING, type Stream, type StreamParts } from "./stream";

const HLS_TYPE = "application/vnd.apple.mpegurl";

/** The code of a media error: the network was away. */
const NETWORK = 2;

/** The sounds of an element, where a browser tells them. */
interface OwnSound {
  label: string;
  language: string;
  enabled: boolean;
}
interface OwnSounds extends EventTarget, ArrayLike<OwnSound> {}

/** Whether this browser plays streams by itself. */
export function playsByItself(): boolean {
  return document.createElement("video").canPlayType(HLS_TYPE) !== "";
}

/** Have `video` play a stream by itself, from `start` on. The browser chooses the picture. */
export function playAsBrowser(video: HTMLVideoElement, parts: StreamParts): Stream {
  const ended = new AbortController();
  const { signal } = ended;
  const sounds = (video as { audioTracks?: OwnSounds }).audioTracks;

  const tell = () => {
    const heard = soundsOf(sounds);
    parts.changed({
      ...NOTHING,
      sounds: heard.map(({ label, language }): Sound => ({ name: label, language, channels: "" })),
      sound: Math.max(0, heard.findIndex(({ enabled }) => enabled)), // prettier-ignore
      edge: edgeOf(video),
    });
  };
  // What was chosen here, or last: a stream that is opened anew begins with what it has by itself.
  let kept: Partial<OwnSound> = parts.wishes.sound === null ? {} : { language: parts.wishes.sound };
  const choose = (wanted: (sound: OwnSound, index: number) => boolean) => {
    const all = soundsOf(sounds);
    if (!all.some(wanted)) return;
    all.forEach((sound, index) => {
      sound.enabled = wanted(sound, index);
    });
  };
  const open = (url: string, start: number) => {
    video.src = url;
    // Before anything is known of the stream, this says where it begins: what still grows would
    // begin at its end.
    video.currentTime = start;
  };

  video.addEventListener(
    "loadedmetadata",
    () => {
      const { label, language } = kept;
      choose((sound) => sound.language === language);
      // A comment can be in the same language.
      choose((sound) => sound.language === language && sound.label === label);
      tell();
    },
    { signal },
  );
  for (const event of ["durationchange", "progress", "timeupdate"] as const)
    video.addEventListener(event, tell, { signal });
  sounds?.addEventListener("change", tell, { signal });
  video.addEventListener(
    "error",
    () => {
      // All else may be a token that has ended.
      parts.failed(video.error?.code === NETWORK ? "unreachable" : "refused");
    },
    { signal },
  );
  open(parts.url, parts.start);

  return {
    chooseQuality: () => undefined,
    chooseSound: (index) => {
      choose((_, each) => each === index);
      kept = soundsOf(sounds)[index] ?? {};
    },
    renew: (url) => {
      // The address cannot be changed under way. What plays goes on with the old one for as long as
      // that holds; after trouble it is opened anew at the same place.
      if (video.error === null) return;
      open(url, video.currentTime);
    },
    // The browser finds it by itself.
    join: () => Promise.resolve(true),
    play: () => undefined,
    end: () => {
      ended.abort();
      video.removeAttribute("src");
      video.load();
    },
  };
}

function soundsOf(sounds: OwnSounds | undefined): OwnSound[] {
  return sounds === undefined ? [] : Array.from(sounds);
}

/** What still grows has no end yet. */
function edgeOf({ duration, seekable }: HTMLVideoElement): number | null {
  if (duration !== Infinity) return null;
  return seekable.length > 0 ? seekable.end(seekable.length - 1) : 0;
}
