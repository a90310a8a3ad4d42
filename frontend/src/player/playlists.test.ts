/** The API's lists, read by the parsers that players use: without a word of complaint. */
import * as hls from "hls-parser";
import { Parser } from "m3u8-parser";
import { parse as parseMpd } from "mpd-parser";
import { describe, expect, it } from "vitest";

const samples = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>("./playlists/*", { query: "?raw", import: "default", eager: true }),
  ).map(([path, text]) => [path.replace("./playlists/", ""), text]),
);
const lists = Object.keys(samples).filter((name) => name.endsWith(".m3u8"));

function sample(name: string): string {
  const text = samples[name];
  if (text === undefined) {
    throw new Error(`There is no sample ${name}.`);
  }
  return text;
}

function read(name: string) {
  const parser = new Parser();
  const warnings: string[] = [];
  parser.on("warn", (told) => warnings.push(told.message));
  parser.push(sample(name));
  parser.end();
  return { manifest: parser.manifest, warnings };
}

function readMpd(name: string) {
  const warnings: string[] = [];
  const manifest = parseMpd(sample(name), {
    manifestUri: "https://films.test/v1/playback/token/manifest.mpd",
    eventHandler: (told) => {
      if (told.type === "warn") {
        warnings.push(told.message);
      }
    },
  });
  return { manifest, warnings };
}

describe("HLS", () => {
  it.each(lists)("%s is read without a warning", (name) => {
    hls.setOptions({ strictMode: true });
    expect(hls.parse(sample(name)).version).toBe(7);
    expect(read(name).warnings).toEqual([]);
  });

  it("names sizes, sounds and what they need", () => {
    const found = hls.parse(sample("complete.m3u8"));
    if (!found.isMasterPlaylist) {
      throw new Error("It is not multivariant.");
    }
    expect(found.variants.map((each) => each.uri)).toEqual(["480p.m3u8", "720p.m3u8"]);
    for (const each of found.variants) {
      expect(each.codecs).toBe("avc1.64001f,mp4a.40.2");
      expect(each.bandwidth).toBeGreaterThanOrEqual(each.averageBandwidth ?? Infinity);
      expect(each.frameRate).toBeCloseTo(23.976, 3);
      expect(each.audio.map((sound) => sound.name)).toEqual([
        "en",
        "With ”remarks”, the maker’s own",
      ]);
    }
  });

  it.each(["720p", "audio"])("names bytes that follow each other, of %s", (track) => {
    const { manifest } = read(`complete-${track}.m3u8`);
    const [first] = manifest.segments;
    expect(first?.map.byterange).toEqual({ length: first?.byterange.offset, offset: 0 });
    manifest.segments.forEach((each, number) => {
      const before = manifest.segments[number - 1];
      if (before?.uri === each.uri) {
        expect(each.byterange.offset).toBe(before.byterange.offset + before.byterange.length);
      }
      expect(Math.round(each.duration)).toBeLessThanOrEqual(manifest.targetDuration ?? 0);
    });
  });

  it("says what grows and what has an end", () => {
    const grows = read("growing-720p.m3u8").manifest;
    expect(grows).toMatchObject({ playlistType: "EVENT", start: { timeOffset: 0 } });
    expect(grows.endList).toBeFalsy();
    expect(read("ended-720p.m3u8").manifest).toMatchObject({
      playlistType: "EVENT",
      endList: true,
    });
    expect(read("complete-720p.m3u8").manifest).toMatchObject({
      playlistType: "VOD",
      endList: true,
    });
  });
});

describe("DASH", () => {
  it.each(["complete.mpd", "codecs.mpd", "sound.mpd"])("%s is read without a warning", (name) => {
    expect(readMpd(name).warnings).toEqual([]);
  });

  it("names the same bytes as HLS", () => {
    const { manifest } = readMpd("complete.mpd");
    const large = manifest.playlists.find((each) => each.segments[0]?.uri.startsWith("720p"));
    const listed = read("complete-720p.m3u8").manifest.segments;
    expect(large?.segments.map(({ uri, byterange }) => ({ uri, byterange }))).toEqual(
      listed.map(({ uri, byterange }) => ({ uri, byterange })),
    );
    const last = large?.segments.reduce((sum, each) => sum + each.duration, 0);
    expect(last).toBeCloseTo(
      listed.reduce((sum, each) => sum + each.duration, 0),
      5,
    );
  });
});
