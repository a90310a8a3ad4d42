import { afterEach, expect, it, vi } from "vitest";

import { keepPreferences, parsePreferences, readPreferences } from "./preferences";

afterEach(() => {
  window.localStorage.clear();
});

const UNSET = { volume: 1, muted: false, rate: 1, quality: null, captions: null, sound: null };

it.each([null, "", "{", "null", "7", '"x"', '{"volume":"loud","rate":99,"quality":-1,"muted":1}'])(
  "makes nothing of %j",
  (text) => {
    expect(parsePreferences(text)).toEqual(UNSET);
  },
);

it("keeps the volume in its bounds", () => {
  expect(parsePreferences('{"volume":7}').volume).toBe(1);
  expect(parsePreferences('{"volume":-7}').volume).toBe(0);
});

it("finds again what was set, and what was set before", () => {
  keepPreferences({ volume: 0.3, muted: true });
  keepPreferences({ quality: 720, rate: 1.5 });
  expect(readPreferences()).toEqual({
    ...UNSET,
    volume: 0.3,
    muted: true,
    quality: 720,
    rate: 1.5,
  });
});

it("does without storage where the browser forbids it", () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });
  keepPreferences({ volume: 0.3 });
  expect(readPreferences()).toEqual(UNSET);
});
