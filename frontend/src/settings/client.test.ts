import { describe, expect, it } from "vitest";

import { nameOf } from "./client";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
const EDGE =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";

describe("the name of a session", () => {
  it.each([
    [FIREFOX, "browser", "Firefox on Linux"],
    [SAFARI, "browser", "Safari on iOS"],
    [EDGE, "browser", "Edge on Windows"],
    ["curl/8.5.0", "native", "curl"],
    ["", "native", "App or command line"],
    ["something else", "browser", "Browser"],
  ])("reads %s", (agent, kind, name) => {
    expect(nameOf(agent, kind)).toBe(name);
  });
});
