/** What a session runs on, read from its User-Agent header. Pure. */
import { texts } from "@/app/texts";

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/Firefox\//, "Firefox"],
  [/HeadlessChrome\/|Chromium\//, "Chromium"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/^framemill/i, "framemill"],
  [/^(curl|python|okhttp|axios)[\w.-]*/i, ""],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** `Firefox on Linux`; the kind of client when the header says nothing that is known. */
export function nameOf(agent: string, kind: string): string {
  const match = BROWSERS.map(([pattern, name]) => ({ found: pattern.exec(agent), name })).find(
    ({ found }) => found !== null,
  );
  const browser = match === undefined ? "" : match.name || (match.found?.[1] ?? "");
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1] ?? "";
  if (browser !== "" && system !== "") return texts.settings.on(browser, system);
  return browser || system || (texts.settings.client[kind] ?? kind);
}
