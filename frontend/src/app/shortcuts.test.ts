import { describe, expect, it } from "vitest";

import { isTyping, wishOf } from "./shortcuts";

const key = (key: string, held: "ctrlKey" | null = null) => ({
  key,
  ctrlKey: held === "ctrlKey",
  metaKey: false,
  altKey: false,
});

describe("keys of the whole page", () => {
  it("mean what the list says", () => {
    expect(wishOf(key("u"), null)).toEqual({ kind: "upload" });
    expect(wishOf(key("/"), null)).toEqual({ kind: "search" });
    expect(wishOf(key("?"), null)).toEqual({ kind: "help" });
    expect(wishOf(key("a"), "g")).toEqual({ kind: "go", to: "/activity" });
  });

  it("mean nothing without the first of two, or with Ctrl held", () => {
    expect(wishOf(key("a"), "x")).toBeNull();
    expect(wishOf(key("u", "ctrlKey"), null)).toBeNull();
  });

  it("are text in a field", () => {
    const field = document.createElement("input");
    const range = document.createElement("input");
    range.type = "range";
    expect(isTyping(field)).toBe(true);
    expect(isTyping(range)).toBe(false);
    expect(isTyping(document.body)).toBe(false);
  });
});
