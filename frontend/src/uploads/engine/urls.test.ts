// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { networkError } from "./errors";
import type { SignedPart } from "./ports";
import { Urls } from "./urls";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Signs parts 1 to 20; `taken` of them are no longer upcoming. */
function signer(lifeMs = 900_000) {
  const asked: number[][] = [];
  const state = { taken: 0, fail: false };
  const sign = (numbers: readonly number[]): Promise<SignedPart[]> => {
    asked.push([...numbers]);
    if (state.fail) return Promise.reject(networkError());
    const expiresAt = new Date(Date.now() + lifeMs).toISOString();
    return Promise.resolve(
      numbers.map((number) => ({ number, size: 1, url: `u${number}-${asked.length}`, expiresAt })),
    );
  };
  const upcoming = (count: number) =>
    Array.from({ length: 20 }, (_, index) => index + 1)
      .filter((number) => number > state.taken)
      .slice(0, count);
  const urls = new Urls({ sign, upcoming, window: 8 });
  const take = () => urls.get((state.taken += 1));
  return { urls, asked, state, take };
}

test("four connections that begin at once ask once, for a small window", async () => {
  const { asked, take } = signer();
  const parts = await Promise.all([take(), take(), take(), take()]);
  expect(parts.map((part) => part.number)).toEqual([1, 2, 3, 4]);
  expect(asked[0]).toHaveLength(8);
  expect(asked.flat().every((number, index, all) => all.indexOf(number) === index)).toBe(true);
});

test("the next window is asked for before anyone waits for it", async () => {
  const { asked, take } = signer();
  for (let n = 1; n <= 8; n++) {
    await take();
    await vi.advanceTimersByTimeAsync(0);
  }
  const before = asked.length;
  await take();
  expect(asked.length).toBe(before);
});

test("a URL that is about to expire is replaced, a young one is trusted", async () => {
  const { urls, take } = signer(120_000);
  expect((await take()).url).toBe("u1-1");
  await vi.advanceTimersByTimeAsync(100_000);
  expect((await urls.get(1)).url).toBe("u1-1");
  await vi.advanceTimersByTimeAsync(6_000);
  expect((await urls.get(1)).url).not.toBe("u1-1");
});

test("a clock that is wrong by hours does not ask for ever", async () => {
  const { asked, take, urls } = signer(-7_200_000);
  await take();
  await urls.get(1);
  expect(asked.filter((numbers) => numbers.includes(1))).toHaveLength(1);
});

test("a refused URL is not used again", async () => {
  const { urls, take } = signer();
  const { url } = await take();
  urls.forget(1);
  expect((await urls.get(1)).url).not.toBe(url);
});

test("whoever waits for a URL hears of the failure, and may ask again", async () => {
  const { state, take, urls } = signer();
  state.fail = true;
  await expect(take()).rejects.toMatchObject({ code: "network_error" });
  state.fail = false;
  expect((await urls.get(1)).number).toBe(1);
});

test("a failure to look ahead is nobody's failure", async () => {
  const { state, take } = signer();
  await take();
  state.fail = true;
  for (let n = 2; n <= 8; n++) await take();
  state.fail = false;
  expect((await take()).number).toBe(9);
});
