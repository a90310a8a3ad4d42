import { describe, expect, it } from "vitest";

import { texts } from "@/app/texts";

import { nameOf, pictureFor, qualityOptions, soundOptions, surplusOf } from "./choices";

const SD = { width: 854, height: 480, bitrate: 1_500_000 };
const HD = { width: 1280, height: 720, bitrate: 3_500_000 };
const FULL = { width: 1920, height: 1080, bitrate: 6_000_000 };

describe("pictures", () => {
  it("are listed from the best on, after what adapts by itself", () => {
    expect(qualityOptions([SD, FULL, HD]).map(({ label }) => label)).toEqual([
      texts.player.auto,
      "1080p",
      "720p",
      "480p",
    ]);
  });

  it("are named by their shorter side", () => {
    expect(nameOf({ width: 720, height: 1280, bitrate: 1 })).toBe("720p");
  });

  it.each([
    [null, -1],
    [1080, 1],
    [720, 2],
    [900, 2], // the largest that is no larger
    [144, 0], // or else the smallest
  ])("that fit a wish for %d: number %d", (side, index) => {
    expect(pictureFor([SD, FULL, HD], side)).toBe(index);
  });

  it("of one size are one choice: that with the codec that needs fewest bits", () => {
    const newer = { ...HD, bitrate: 2_000_000 };
    const pictures = [SD, HD, newer];
    expect(qualityOptions(pictures).map(({ label }) => label)).toEqual([
      texts.player.auto,
      "720p",
      "480p",
    ]);
    expect(pictureFor(pictures, 720)).toBe(2);
  });

  it("that are not there fit nothing", () => {
    expect(pictureFor([], 720)).toBe(-1);
  });
});

describe("sounds", () => {
  const sound = { name: "", language: "", channels: "2" };

  it("are named as the film names them, or by their language, or by their number", () => {
    const options = soundOptions([
      { ...sound, name: "Director", language: "en" },
      { ...sound, language: "de" },
      { ...sound, language: "und" },
    ]);
    expect(options.map(({ label }) => label)).toEqual([
      "Director",
      "German",
      texts.player.soundNumber(3),
    ]);
  });

  it("say how many channels they have where that is not two", () => {
    const [surround, stereo] = soundOptions([{ ...sound, channels: "6" }, sound]);
    expect([surround?.hint, stereo?.hint]).toEqual(["5.1", undefined]);
  });

  it("go by the name of their language, and say it beside a title", () => {
    const options = soundOptions([
      { ...sound, name: "de", language: "de" },
      { ...sound, name: "de (2)", language: "de" },
      { ...sound, name: "de, commentary", language: "de" },
      { ...sound, name: "dense", language: "de" },
      { ...sound, name: "German, louder", language: "de", channels: "1" },
    ]);
    expect(options.map(({ label, hint }) => [label, hint])).toEqual([
      ["German", undefined],
      ["German (2)", undefined],
      ["German, commentary", undefined],
      ["dense", "German"],
      ["German, louder", "Mono"],
    ]);
  });

  it("in 5.1 are surplus where there is stereo", () => {
    const stereo = { groupId: "sound", channels: "2" };
    const sounds = [
      stereo,
      { groupId: "surround", channels: "6" },
      { ...stereo, groupId: "surround" },
    ];
    const [plain, large] = [{ audioGroups: ["sound"] }, { audioGroups: ["surround"] }];
    expect(surplusOf([plain, plain, large, large], sounds)).toEqual({
      levels: [2, 3],
      sounds: sounds.slice(1),
    });
    expect(surplusOf([large], sounds)).toEqual({ levels: [], sounds: [] });
    expect(surplusOf([{}], [])).toEqual({ levels: [], sounds: [] });
  });

  it("are named by what is no language as it stands", () => {
    expect(soundOptions([{ ...sound, language: "x!" }])[0]?.label).toBe("x!");
  });
});
