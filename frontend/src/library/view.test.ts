import { describe, expect, test } from "vitest";

import { lookingFrom, paramsOf, viewOf } from "./view";

const read = (address: string) => lookingFrom(new URLSearchParams(address));

describe("the address", () => {
  test("without words means everything, newest first", () => {
    expect(read("")).toEqual({ q: "", filter: "all", sort: "newest" });
  });

  test.each(["", "q=harbour", "state=failed", "q=a+b&state=working&sort=title"])(
    "%j is the same after it was read and written",
    (address) => {
      expect(paramsOf(read(address)).toString()).toBe(address);
    },
  );

  test.each(["state=toString&sort=constructor", "state=nonsense", "sort=", "q=+++"])(
    "%j says nothing that is known",
    (address) => {
      expect(read(address)).toEqual(read(""));
    },
  );

  test("cannot ask for more text than the API takes", () => {
    expect(read(`q=${"x".repeat(400)}`).q).toHaveLength(255);
  });
});

test("films in work are those of three states", () => {
  expect(viewOf(read("state=working")).states).toEqual(["uploading", "queued", "processing"]);
});
