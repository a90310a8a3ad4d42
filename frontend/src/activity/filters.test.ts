import { expect, it } from "vitest";

import { filterFrom, passes } from "./filters";

it.each([
  ["", "all"],
  ["state=failed", "failed"],
  ["state=lost", "all"],
  ["state=toString", "all"],
])("the address %j says %s", (address, filter) => {
  expect(filterFrom(new URLSearchParams(address))).toBe(filter);
});

it("shows what fits", () => {
  expect(passes("active", { state: "running" })).toBe(true);
  expect(passes("active", { state: "queued" })).toBe(true);
  expect(passes("active", { state: "failed" })).toBe(false);
  expect(passes("all", { state: "cancelled" })).toBe(true);
});
