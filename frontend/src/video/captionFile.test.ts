import { describe, expect, it } from "vitest";

import { decoded, languageIn } from "./captionFile";

describe("a file of captions", () => {
  it.each([
    ["film.de.srt", "de"],
    ["Film_pt-BR.VTT", "pt-BR"],
    ["film.srt", ""],
    ["harbour.mp4", ""],
    ["the-end.srt", ""],
  ])("named %s is in %j", (name, language) => {
    expect(languageIn(name)).toBe(language);
  });

  it.each([
    ["UTF-8", [0xef, 0xbb, 0xbf, 0xc3, 0xa4]],
    ["Windows-1252", [0xe4]],
    ["UTF-16", [0xff, 0xfe, 0xe4, 0x00]],
    ["UTF-16, the other way round", [0xfe, 0xff, 0x00, 0xe4]],
  ])("is read as %s", (_, bytes) => {
    expect(decoded(new Uint8Array(bytes))).toBe("ä");
  });
});
