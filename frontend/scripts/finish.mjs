/**
 * After a build: makes compressed copies beside what compresses, and holds the first load to its budget.
 *
 * The first load is what a browser fetches before the library, or the way in, can be used: the entry,
 * the chunks it imports, and those of the page that is shown first.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = "dist";
const BUDGET_KB = 200; // kB of JavaScript, gzipped; the player is fetched with the first film
// What is shown first, with the way in; of a shared video what plays the stream comes with that.
const FIRST_PAGES = {
  "src/library/LibraryPage.tsx": "index.html",
  "src/auth/AuthPage.tsx": "index.html",
  "src/embed/start.tsx": "src/embed/main.ts",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".svg", ".json"]);
// Answered by the server itself, differently from place to place.
const RUN_TIME = "config.json";

const gzipped = new Map();

for (const path of files(DIST)) {
  if (!COMPRESSED.has(extname(path)) || path.endsWith(RUN_TIME)) continue;
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 });
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  gzipped.set(path, gzip.length);
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${path}.gz`, gzip);
}

const manifest = JSON.parse(readFileSync(join(DIST, ".vite", "manifest.json"), "utf8"));
let over = false;
const sizes = {};
for (const [page, entry] of Object.entries(FIRST_PAGES)) {
  const chunks = [...new Set([...needed(entry), ...needed(page)])];
  const size = chunks.reduce((sum, file) => sum + (gzipped.get(join(DIST, file)) ?? 0), 0) / 1000;
  over ||= size > BUDGET_KB;
  sizes[page] = size;
  console.log(`first load with ${page}: ${size.toFixed(1)} kB of ${BUDGET_KB} kB (gzip)`);
}
writeFileSync(join(DIST, ".vite", "first-load.json"), JSON.stringify(sizes));
if (over) {
  console.error("The first load is over its budget.");
  process.exit(1);
}

function needed(key) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`The build knows no ${key}.`);
  return [chunk.file, ...(chunk.imports ?? []).flatMap(needed)];
}

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}
