import Hls, { ErrorDetails, ErrorTypes, Events, type LoadPolicy } from "hls.js";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { playByHls } from "./hlsStream";
import type { StreamState } from "./stream";

type Listener = (event: string, data: unknown) => void;

/** What the player asks of hls.js, noted. */
class FakeHls {
  static all: FakeHls[] = [];
  static DefaultConfig = Hls.DefaultConfig;
  levels: object[] = [];
  audioTracks: object[] = [];
  audioTrack = 0;
  currentLevel = -1;
  bandwidthEstimate = 7_000_000;
  loadingEnabled = true;
  told: string[] = [];
  #listeners = new Map<string, Listener[]>();

  constructor(readonly config: Record<string, unknown>) {
    FakeHls.all.push(this);
  }
  set loadLevel(level: number) {
    this.told.push(`load level ${level}`);
  }
  set nextLevel(level: number) {
    this.told.push(`next level ${level}`);
  }
  set autoLevelCapping(level: number) {
    this.told.push(`cap ${level}`);
  }
  on(event: string, listener: Listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }
  once = this.on.bind(this);
  loadSource = (url: string) => this.told.push(`source ${url}`);
  removeLevel = (level: number) => this.told.push(`remove ${level}`);
  startLoad = (start?: number) => this.told.push(`start ${start}`);
  attachMedia = (media: unknown) => this.told.push(media === MOVED ? "attach moved" : "attach");
  recoverMediaError = () => this.told.push("recover");
  destroy = () => this.told.push("destroy");
  transferMedia = () => {
    this.told.push("move");
    return MOVED;
  };
  tell(event: string, data: unknown = {}) {
    for (const listener of this.#listeners.get(event) ?? []) listener(event, data);
  }
  parse(...heights: number[]) {
    this.levels = heights.map((height) => ({
      height, width: (height * 16) / 9, bitrate: height * 2000,
    })); // prettier-ignore
    this.audioTracks = [{ name: "English", lang: "en" }];
    this.tell(Events.MANIFEST_PARSED, { levels: this.levels, audioTracks: this.audioTracks });
  }
  get request() {
    const opened: string[] = [];
    const xhr = { open: (_: string, url: string) => opened.push(url) };
    return (url: string) => {
      (this.config.xhrSetup as (xhr: unknown, url: string) => void)(xhr, url);
      return opened.at(-1);
    };
  }
}
const MOVED = { media: null };

const FIRST = "https://films.example/one/";
const SECOND = "https://films.example/two/";

function play(wishes: { quality?: number; sound?: string; saveData?: boolean } = {}) {
  const seen: { state: StreamState | null; failed: string[] } = { state: null, failed: [] };
  const video = document.createElement("video");
  vi.spyOn(video, "currentTime", "get").mockReturnValue(42);
  const stream = playByHls(
    video,
    {
      url: `${FIRST}master.m3u8`,
      start: 12,
      wishes: { quality: null, sound: null, saveData: false, ...wishes },
      changed: (state) => (seen.state = state),
      failed: (trouble) => seen.failed.push(trouble),
    },
    FakeHls as unknown as typeof Hls,
  );
  return { stream, seen, video, hls: only() };
}

function only(): FakeHls {
  const hls = FakeHls.all.at(-1);
  if (hls === undefined) throw new Error("There is none.");
  return hls;
}

beforeEach(() => {
  FakeHls.all = [];
});

describe("a stream by hls.js", () => {
  it("begins at its place, not at the edge of what is ready", () => {
    const { hls } = play();
    hls.parse(480);
    expect(hls.told).toEqual([`source ${FIRST}master.m3u8`, "attach", "start 12"]);
  });

  it("needs no worker, which the policy of the page forbids", () => {
    expect(play().hls.config.enableWorker).toBe(false);
  });

  it("loads little before somebody plays", () => {
    const { stream, hls } = play();
    expect(hls.config.maxBufferLength).toBe(4);
    stream.play();
    expect(hls.config.maxBufferLength).toBe(30);
  });

  it("begins with the quality and the sound that were chosen last", () => {
    const { hls } = play({ quality: 720, sound: "de" });
    hls.parse(480, 720);
    expect(hls.told).toContain("load level 1");
    expect(hls.config.audioPreference).toEqual({ lang: "de" });
  });

  it("keeps the quality that was chosen after trouble, as hls.js is told", () => {
    expect(Hls.DefaultConfig.preserveManualLevelOnError).toBe(false);
    expect(play().hls.config.preserveManualLevelOnError).toBe(true);
  });

  it("joins more with the sound that was chosen, by its language if its name has changed", () => {
    const { stream, hls } = play();
    hls.parse(480);
    hls.audioTracks = [
      { name: "English", lang: "en" },
      { name: "English, commentary", lang: "en" },
    ];
    stream.chooseSound(1);
    void stream.join();
    const next = only();
    expect(next.config.audioPreference).toEqual({ name: "English, commentary", lang: "en" });
    next.parse(480, 720);
    expect(next.config.audioPreference).toEqual({ lang: "en" });
  });

  it("does without 5.1 where there is stereo", () => {
    const { hls } = play();
    const groups = ["sound", "surround"];
    hls.levels = groups.map((group) => ({ height: 480, width: 854, audioGroups: [group] }));
    hls.audioTracks = groups.map((groupId, index) => ({
      groupId,
      channels: index === 0 ? "2" : "6",
    }));
    hls.tell(Events.MANIFEST_PARSED, { levels: hls.levels, audioTracks: hls.audioTracks });
    expect(hls.told).toContain("remove 1");
  });

  it("stays small where bytes are to be saved", () => {
    const { hls } = play({ saveData: true });
    hls.parse(480, 720);
    expect(hls.told).toContain("cap 0");
    // Or hls.js would set the limit anew, by the size of the player.
    expect(hls.config.capLevelToPlayerSize).toBe(false);
    expect(play().hls.config.capLevelToPlayerSize).toBe(true);
  });

  it("stays small where bytes are to be saved, once nothing is chosen any more", () => {
    const { hls } = play({ saveData: true, quality: 720 });
    hls.parse(480, 720);
    expect(hls.told).toEqual(expect.arrayContaining(["load level 1", "cap 0"]));
  });

  it("tells up to where it can be played while the rest is made", () => {
    const { hls, seen } = play();
    hls.parse(480);
    hls.tell(Events.LEVEL_UPDATED, { details: { live: true, edge: 8 } });
    expect(seen.state?.edge).toBe(8);
    hls.tell(Events.LEVEL_UPDATED, { details: { live: false, edge: 60 } });
    expect(seen.state?.edge).toBeNull();
  });

  describe("while some pictures go further than others", () => {
    const at = (level: number, edge: number, live = true) => ({
      level,
      details: { live, edge, targetduration: 4 },
    });

    /** Somebody is at 42 s. */
    async function told(...lists: ReturnType<typeof at>[]) {
      const { hls } = play();
      hls.parse(360, 720, 1080);
      hls.removeLevel = (level) => {
        hls.told.push(`remove ${level}`);
        hls.levels.splice(level, 1);
        return hls.told.length;
      };
      for (const list of lists) hls.tell(Events.LEVEL_UPDATED, list);
      await Promise.resolve();
      return hls.told.slice(3);
    }

    it("leaves out one that soon would have to be waited for", async () => {
      expect(await told(at(0, 60), at(2, 51))).toEqual(["remove 2", "load level -1"]);
      expect(await told(at(0, 60, false), at(1, 20), at(2, 20))).toEqual([
        "remove 1",
        "load level -1",
        "remove 1",
        "load level -1",
      ]);
    });

    it("looks again after a while: it may have gone ahead", async () => {
      vi.useFakeTimers();
      try {
        await told(at(0, 60), at(2, 51));
        expect(FakeHls.all).toHaveLength(1);
        await vi.advanceTimersByTimeAsync(30_000);
        expect(FakeHls.all).toHaveLength(2);
        await vi.advanceTimersByTimeAsync(600_000);
        expect(FakeHls.all).toHaveLength(2);
      } finally {
        vi.useRealTimers();
      }
    });

    it("keeps those that go as far, or far enough, and what is whole", async () => {
      expect(await told(at(0, 46), at(1, 43))).toEqual([]);
      expect(await told(at(0, 90), at(1, 53))).toEqual([]);
      expect(await told(at(0, 90), at(1, 44, false))).toEqual([]);
    });
  });

  it("throws away what is loaded only for another picture", () => {
    const { stream, hls } = play();
    hls.parse(480, 720);
    hls.currentLevel = 0;
    stream.chooseQuality(720);
    stream.chooseQuality(480);
    stream.chooseQuality(null);
    expect(hls.told.slice(3)).toEqual(["next level 1", "load level 0", "load level -1"]);
  });

  it("asks for everything with the newest token", () => {
    const { stream, hls } = play();
    hls.parse(480);
    expect(hls.request(`${FIRST}480p/3.mp4`)).toBe(`${FIRST}480p/3.mp4`);
    stream.renew(`${SECOND}master.m3u8`);
    expect(hls.request(`${FIRST}480p/3.mp4`)).toBe(`${SECOND}480p/3.mp4`);
    // It plays on as it did.
    expect(hls.told.slice(3)).toEqual([]);
  });

  it("goes on after trouble with the newest token", () => {
    const { stream, hls } = play();
    hls.parse(480);
    hls.loadingEnabled = false;
    stream.renew(`${SECOND}master.m3u8`);
    expect(hls.told.at(-1)).toBe("start undefined");
  });

  it("that has not begun begins anew with the newest token", () => {
    const { stream, hls } = play();
    stream.renew(`${SECOND}master.m3u8`);
    expect(hls.told.at(-1)).toBe(`source ${SECOND}master.m3u8`);
  });
});

describe("what is not answered", () => {
  /** Whether it is asked for again, after so many tries. */
  function isAskedAgain(policy: string, status: number, tries: number): boolean {
    const { config } = play().hls;
    const retry = (config[policy] as LoadPolicy).default.errorRetry;
    // As hls.js would have it.
    const usual = status >= 500 && tries < (retry?.maxNumRetry ?? 0);
    const response = { url: FIRST, code: status };
    return retry?.shouldRetry?.(retry, tries, false, response, usual) ?? usual;
  }

  it.each([
    [0, true], // a browser that believes to be online has lost the network all the same
    [503, true],
    [429, true],
    [404, false],
    [410, false],
  ])("or with %d is asked for again: %s", (status, isAgain) => {
    for (const policy of ["manifestLoadPolicy", "playlistLoadPolicy", "fragLoadPolicy"])
      expect(isAskedAgain(policy, status, 1)).toBe(isAgain);
  });

  it("for a token that has ended is asked for again, with the next one", () => {
    expect(isAskedAgain("playlistLoadPolicy", 403, 1)).toBe(true);
    expect(isAskedAgain("fragLoadPolicy", 403, 1)).toBe(true);
    // hls.js would tell of this one after the last try only.
    expect(isAskedAgain("manifestLoadPolicy", 403, 0)).toBe(false);
  });

  it("is given up some time, segments long after the playlist that tells of it", () => {
    expect(isAskedAgain("playlistLoadPolicy", 0, 8)).toBe(false);
    expect(isAskedAgain("fragLoadPolicy", 0, 23)).toBe(true);
    expect(isAskedAgain("fragLoadPolicy", 0, 24)).toBe(false);
    const { fragLoadPolicy } = play().hls.config as { fragLoadPolicy: LoadPolicy };
    expect(fragLoadPolicy.default.timeoutRetry?.maxNumRetry).toBe(24);
  });
});

describe("what joins", () => {
  it("is taken over with all that is loaded, at the same place", async () => {
    const { stream, hls: before, seen, video } = play();
    before.parse(480);
    const isDone = stream.join();
    const after = only();
    expect(after).not.toBe(before);
    expect(before.told).not.toContain("move");
    // It has played on meanwhile.
    vi.spyOn(video, "currentTime", "get").mockReturnValue(50);
    after.parse(480, 720);
    expect(before.told.slice(-2)).toEqual(["move", "destroy"]);
    expect(after.told.slice(1)).toEqual(["attach moved", "start 50"]);
    expect(await isDone).toBe(true);
    expect(after.config.abrEwmaDefaultEstimate).toBe(7_000_000);
    expect(seen.state?.pictures.map(({ height }) => height)).toEqual([480, 720]);
  });

  it("can only be seen once there is something", async () => {
    expect(await play().stream.join()).toBe(false);
  });

  it("loads a chosen picture anew where another player had loaded all", () => {
    const { stream, hls: before, video } = play();
    before.parse(480);
    const buffered = { length: 1, start: () => 0, end: () => 60 };
    vi.spyOn(video, "buffered", "get").mockReturnValue(buffered);
    void stream.join();
    const after = only();
    after.parse(480, 720);
    stream.chooseQuality(720);
    expect(after.currentLevel).toBe(1);
    // Once is enough.
    stream.chooseQuality(480);
    expect(after.told.at(-1)).toBe("next level 0");
  });

  it("changes nothing when it is nothing, or cannot be had", async () => {
    const { stream, hls: before, seen } = play();
    before.parse(480);
    const isSameDone = stream.join();
    const same = only();
    same.parse(480);
    expect(await isSameDone).toBe(true);
    expect(same.told.at(-1)).toBe("destroy");
    const isFailingDone = stream.join();
    const failing = only();
    failing.tell(Events.ERROR, {
      fatal: true,
      type: ErrorTypes.NETWORK_ERROR,
      response: { code: 503 },
    });
    expect(await isFailingDone).toBe(false);
    expect(failing.told.at(-1)).toBe("destroy");
    expect(before.told).not.toContain("move");
    expect(seen.failed).toEqual([]);
  });
});

describe("trouble", () => {
  it.each([
    [{ fatal: false, type: ErrorTypes.NETWORK_ERROR, response: { code: 403 } }, "refused"],
    [{ fatal: true, type: ErrorTypes.NETWORK_ERROR, response: { code: 410 } }, "broken"],
    [{ fatal: true, type: ErrorTypes.NETWORK_ERROR, response: { code: 404 } }, "broken"],
    [
      { fatal: true, type: ErrorTypes.NETWORK_ERROR, details: ErrorDetails.MANIFEST_PARSING_ERROR },
      "broken",
    ],
    [{ fatal: true, type: ErrorTypes.NETWORK_ERROR, response: { code: 503 } }, "unreachable"],
    [{ fatal: true, type: ErrorTypes.NETWORK_ERROR, response: { code: 429 } }, "unreachable"],
    [{ fatal: true, type: ErrorTypes.NETWORK_ERROR, response: { code: 0 } }, "unreachable"],
    [{ fatal: true, type: ErrorTypes.OTHER_ERROR }, "broken"],
  ])("%j is told as %s", (error, trouble) => {
    const { hls, seen } = play();
    hls.tell(Events.ERROR, error);
    expect(seen.failed).toEqual([trouble]);
  });

  it("with a token that was renewed meanwhile is not told, and loading goes on", () => {
    const { stream, hls, seen } = play();
    hls.parse(480);
    stream.renew(`${SECOND}master.m3u8`);
    hls.told.length = 0;
    const refused = (url: string, fatal: boolean) => {
      hls.loadingEnabled = !fatal;
      hls.tell(Events.ERROR, {
        fatal,
        type: ErrorTypes.NETWORK_ERROR,
        response: { code: 403 },
        networkDetails: { responseURL: `${url}480p/3.mp4` },
      });
    };
    refused(FIRST, false);
    expect([hls.told, seen.failed]).toEqual([[], []]);
    refused(FIRST, true);
    expect([hls.told, seen.failed]).toEqual([["start undefined"], []]);
    refused(SECOND, false);
    expect(seen.failed).toEqual(["refused"]);
  });

  it("with a token that was renewed before anything was there begins anew", () => {
    const { stream, hls, seen } = play();
    stream.renew(`${SECOND}master.m3u8`);
    hls.tell(Events.ERROR, {
      fatal: true,
      type: ErrorTypes.NETWORK_ERROR,
      response: { code: 403 },
      networkDetails: { responseURL: `${FIRST}master.m3u8` },
    });
    expect(hls.told.slice(-2)).toEqual(Array(2).fill(`source ${SECOND}master.m3u8`));
    expect(seen.failed).toEqual([]);
  });

  it("that passes is not told", () => {
    const { hls, seen } = play();
    hls.tell(Events.ERROR, {
      fatal: false,
      type: ErrorTypes.NETWORK_ERROR,
      response: { code: 503 },
    });
    expect(seen.failed).toEqual([]);
  });

  it("of the decoder is mended once in a minute", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const { hls, seen } = play();
    hls.tell(Events.ERROR, { fatal: true, type: ErrorTypes.MEDIA_ERROR });
    expect([hls.told.at(-1), seen.failed]).toEqual(["recover", []]);
    hls.tell(Events.ERROR, { fatal: true, type: ErrorTypes.MEDIA_ERROR });
    expect(seen.failed).toEqual(["broken"]);
    now.mockReturnValue(61_000);
    hls.told.length = 0;
    hls.tell(Events.ERROR, { fatal: true, type: ErrorTypes.MEDIA_ERROR });
    expect([hls.told, seen.failed]).toEqual([["recover"], ["broken"]]);
    now.mockRestore();
  });

  it("after the end is nobody's", () => {
    const { stream, hls, seen } = play();
    stream.end();
    hls.tell(Events.ERROR, {
      fatal: true,
      type: ErrorTypes.NETWORK_ERROR,
      response: { code: 410 },
    });
    expect(seen.failed).toEqual([]);
  });
});
