// Reads every playlist of a folder with the parsers that players use, and prints what they say
// against any of them, as a JSON list. `node read-playlists.mjs FOLDER`
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import * as hls from "hls-parser";
import { Parser } from "m3u8-parser";
import { parse as parseMpd } from "mpd-parser";

hls.setOptions({ strictMode: true });
const said = [];

function readHls(name, text) {
  try {
    hls.parse(text);
  } catch (error) {
    said.push(`${name}: hls-parser: ${error.message}`);
  }
  const parser = new Parser();
  parser.on("warn", (told) => said.push(`${name}: m3u8-parser: ${told.message}`));
  parser.push(text);
  parser.end();
}

function readDash(name, text) {
  const eventHandler = (told) => {
    if (told.type === "warn") {
      said.push(`${name}: mpd-parser: ${told.message}`);
    }
  };
  try {
    parseMpd(text, { manifestUri: "https://films.test/manifest.mpd", eventHandler });
  } catch (error) {
    said.push(`${name}: mpd-parser: ${error.message}`);
  }
}

const [folder] = process.argv.slice(2);
for (const name of readdirSync(folder)) {
  if (name.endsWith(".m3u8")) {
    readHls(name, readFileSync(join(folder, name), "utf8"));
  } else if (name.endsWith(".mpd")) {
    readDash(name, readFileSync(join(folder, name), "utf8"));
  }
}
process.stdout.write(JSON.stringify(said));
