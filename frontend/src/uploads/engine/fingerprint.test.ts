// @vitest-environment node
import { afterEach, expect, test, vi } from "vitest";

import { differenceOf, fingerprintOf } from "./fingerprint";

const MIB = 1024 * 1024;

afterEach(() => {
  vi.unstubAllGlobals();
});

function film(change?: number, size = 5 * MIB): File {
  const bytes = new Uint8Array(size).fill(7);
  if (change !== undefined) bytes[change] = 8;
  return new File([bytes], "film.mp4", { lastModified: 1 });
}

async function known(file: File) {
  return {
    size: file.size,
    lastModified: file.lastModified,
    fingerprint: await fingerprintOf(file),
  };
}

test("the same content under another name and date is the same file", async () => {
  const before = await known(film());
  const copy = new File([film()], "copy.mp4", { lastModified: 99 });
  expect(before.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(await differenceOf(before, copy)).toBeNull();
});

test.each([0, MIB - 1, 2.5 * MIB, 4 * MIB, 5 * MIB - 1])("a change at byte %i", async (at) => {
  expect(await differenceOf(await known(film()), film(at))).toBe("wrong_file_content");
});

test("a small file is read whole", async () => {
  const small = film(undefined, 3 * MIB);
  for (const at of [1.2 * MIB, 1.9 * MIB].map(Math.floor)) {
    expect(await differenceOf(await known(small), film(at, 3 * MIB))).toBe("wrong_file_content");
  }
});

test("another size is told without reading", async () => {
  const file = film(undefined, 10);
  expect(await differenceOf({ size: 11, lastModified: 1, fingerprint: "x" }, file)).toBe(
    "wrong_file_size",
  );
});

test("without https size and date have to do", async () => {
  vi.stubGlobal("crypto", {});
  const before = await known(film());
  expect(before.fingerprint).toBeNull();
  expect(await differenceOf(before, film(0))).toBeNull();
  const later = new File([film()], "film.mp4", { lastModified: 2 });
  expect(await differenceOf(before, later)).toBe("wrong_file_date");
});

test("a record from https that is read without it", async () => {
  const before = await known(film());
  vi.stubGlobal("crypto", {});
  expect(await differenceOf(before, film())).toBeNull();
});

test("a file that cannot be read", async () => {
  const file = film();
  const before = await known(film());
  // Sliced into the sample that is hashed, so reading it is what fails.
  vi.spyOn(Blob.prototype, "arrayBuffer").mockRejectedValue(new Error("NotReadableError"));
  await expect(fingerprintOf(file)).rejects.toMatchObject({ code: "file_unreadable" });
  expect(await differenceOf(before, file)).toBe("file_unreadable");
});
