import Hls, { ErrorDetails, ErrorTypes, Events, type LoadPolicy } from "hls.js";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeHls, FIRST, only, play, SECOND } from "./aFakeHls";

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
