// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { networkError, UploadError } from "./errors";
import { FakeNetwork } from "./fakeBrowser";
import { FakeServer, isWhole } from "./fakeServer";
import { Parts } from "./parts";
import { sendMissing, type SendOptions } from "./send";
import { fileOf, soon } from "./testing";

beforeEach(() => {
  // Not `setImmediate`: files are read by the real machine.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const busy = () => new UploadError("storage_unavailable", "HTTP 503", { retryable: true });

interface Begun {
  readonly server: FakeServer;
  readonly network: FakeNetwork;
  readonly parts: Parts;
  readonly file: File;
  readonly id: string;
  readonly stop: AbortController;
  readonly heard: string[];
  readonly start: (options?: Partial<SendOptions>) => Promise<"sent" | UploadError | Error>;
}

async function begin(size = 95): Promise<Begun> {
  const server = new FakeServer();
  const network = new FakeNetwork();
  const file = fileOf(size);
  const wanted = { filename: file.name, size, contentType: null };
  const stop = new AbortController();
  const { id, partSize, partCount } = await server.api.create(wanted, "key", stop.signal);
  const parts = new Parts(size, partSize, partCount);
  const heard: string[] = [];
  const patience = {
    network,
    random: () => 1,
    onLost: () => heard.push("lost"),
    onBack: () => heard.push("back"),
  };
  const start = (options: Partial<SendOptions> = {}) => {
    const all: SendOptions = {
      uploadId: id,
      file,
      parts,
      api: server.api,
      sendPart: server.sendPart,
      patience,
      connections: 4,
      stallMs: 60_000,
      onChange: () => undefined,
      ...options,
    };
    return sendMissing(all, stop.signal).then(
      () => "sent" as const,
      (error: unknown) => error as Error,
    );
  };
  return { server, network, parts, file, id, stop, heard, start };
}

/** Lets time pass until something is so. */
async function until(so: () => boolean): Promise<void> {
  await soon(() => {
    expect(so()).toBe(true);
  });
}

test("every part arrives once, whole and in its place", async () => {
  const { server, start, parts, file, id } = await begin();
  expect(await start()).toBe("sent");
  expect(server.bytes).toBe(95);
  expect(parts.complete).toBe(true);
  expect(await isWhole(server, id, file)).toBe(true);
});

test("as many connections as were asked for, and URLs for little more", async () => {
  const { server, start } = await begin(1000);
  server.holding = true;
  const sent = start();
  await until(() => server.waiting.length === 4);
  expect(new Set(server.signed.flat()).size).toBeLessThanOrEqual(4 + 8);
  server.release();
  expect(await sent).toBe("sent");
  expect(Math.max(...server.signed.map((numbers) => numbers.length))).toBeLessThanOrEqual(8);
});

test("only what the store lacks is sent", async () => {
  const { server, start, parts, id } = await begin();
  const there = [1, 2, 5, 9].map((number) => ({ number, size: 10, etag: `"${number}"` }));
  for (const part of there) server.upload(id).parts.set(part.number, part);
  parts.reconcile(there);
  expect(await start()).toBe("sent");
  expect([...server.arrived].sort((a, b) => a - b)).toEqual([3, 4, 6, 7, 8, 10]);
  expect(server.bytes).toBe(55);
});

describe("URLs", () => {
  test("one that has expired while the machine slept is replaced", async () => {
    const { server, start, file, id } = await begin();
    server.holding = true;
    const sent = start({ connections: 1 });
    await until(() => server.waiting.length === 1);
    const before = server.signed.length;
    vi.setSystemTime(Date.now() + 3_600_000);
    server.release();
    expect(await sent).toBe("sent");
    expect(server.signed.length).toBeGreaterThan(before);
    expect(await isWhole(server, id, file)).toBe(true);
  });

  test("one that is refused is replaced at once", async () => {
    const { server, start } = await begin();
    const urls: string[] = [];
    server.putError = (number, { url }) => {
      if (number !== 3) return null;
      urls.push(url);
      return urls.length === 1
        ? new UploadError("storage_refused", "HTTP 403", { retryable: true })
        : null;
    };
    const sent = start();
    await until(() => urls.length === 2);
    expect(urls[0]).not.toBe(urls[1]);
    expect(await sent).toBe("sent");
    expect(server.bytes).toBe(95);
  });

  test("a store that refuses every URL is given up", async () => {
    const { server, start } = await begin(10);
    server.putError = () => new UploadError("storage_refused", "HTTP 403", { retryable: true });
    const sent = start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await sent).toMatchObject({ code: "storage_refused" });
    expect(server.begun).toHaveLength(3);
  });

  test("signing that fails is tried again", async () => {
    const { server, start } = await begin();
    let failures = 3;
    server.callError = (call) => (call === "sign" && failures-- > 0 ? busy() : null);
    const sent = start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await sent).toBe("sent");
  });
});

describe("a store that is not well", () => {
  test("5xx, then well: later and once more", async () => {
    const { server, start } = await begin(10);
    let failures = 2;
    server.putError = () => (failures-- > 0 ? busy() : null);
    const sent = start();
    await vi.advanceTimersByTimeAsync(400);
    expect(server.begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(server.begun).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(900);
    expect(server.begun).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(await sent).toBe("sent");
    expect(server.bytes).toBe(10);
  });

  test("it may say how long to wait", async () => {
    const { server, start } = await begin(10);
    let failures = 1;
    server.putError = () =>
      failures-- > 0
        ? new UploadError("storage_unavailable", "", { retryable: true, retryAfter: 30 })
        : null;
    const sent = start();
    await vi.advanceTimersByTimeAsync(29_900);
    expect(server.begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(700);
    expect(await sent).toBe("sent");
  });

  test("it is given up in the end, and nothing stays on its way", async () => {
    const { server, start, parts } = await begin();
    server.putError = (number) => (number === 2 ? busy() : null);
    const sent = start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await sent).toMatchObject({ code: "storage_unavailable", retryable: true });
    expect(parts.peek(99)).toEqual([2]);
    expect(parts.sent).toBe(85);
  });

  test("what it rejects for good is not tried again", async () => {
    const { server, start } = await begin();
    server.holding = true;
    server.putError = (number) =>
      number === 4 ? new UploadError("storage_rejected", "HTTP 400") : null;
    expect(await start()).toMatchObject({ code: "storage_rejected" });
    // The others were ended, not left alone.
    expect([...server.aborted].sort((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  test("an upload that it no longer knows", async () => {
    const { server, start, id } = await begin();
    server.upload(id).stored = false;
    expect(await start()).toMatchObject({ code: "upload_gone" });
  });
});

describe("the network", () => {
  test("goes and comes back: nothing is counted, nothing is lost", async () => {
    const { server, network, start, heard, file, id } = await begin();
    server.putError = () => (network.online ? null : networkError());
    network.set(false);
    const sent = start();
    // Far longer than all retries would take.
    await vi.advanceTimersByTimeAsync(7_200_000);
    expect(heard).toContain("lost");
    expect(heard).not.toContain("back");
    expect(server.bytes).toBe(0);
    network.set(true);
    expect(await sent).toBe("sent");
    expect(heard.at(-1)).toBe("back");
    expect(await isWhole(server, id, file)).toBe(true);
  });

  test("a machine that wrongly believes to be offline still sends", async () => {
    const { network, start, heard } = await begin();
    network.set(false);
    expect(await start()).toBe("sent");
    expect(heard).not.toContain("lost");
  });

  test("what was on its way when it went does not wait for the stall", async () => {
    const { server, network, start } = await begin(10);
    server.holding = true;
    const sent = start();
    await until(() => server.waiting.length === 1);
    network.set(false);
    network.set(true);
    server.holding = false;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await sent).toBe("sent");
    expect(server.aborted).toEqual([1]);
  });

  test("failures while it seems to be there are counted", async () => {
    const { server, start } = await begin(10);
    server.putError = () => networkError();
    const sent = start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await sent).toMatchObject({ code: "network_error" });
    expect(server.begun).toHaveLength(12);
  });
});

describe("a connection that stands still", () => {
  test("is ended and its part sent again", async () => {
    const { server, start, parts } = await begin(10);
    server.holding = true;
    const sent = start();
    await until(() => server.waiting.length === 1);
    server.waiting[0]?.progress(6);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(parts.sent).toBe(6);
    expect(server.aborted).toEqual([]);
    server.holding = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await sent).toBe("sent");
    expect(server.aborted).toEqual([1]);
  });

  test("is left alone as long as bytes move", async () => {
    const { server, start } = await begin(10);
    server.holding = true;
    const sent = start();
    await until(() => server.waiting.length === 1);
    for (let bytes = 1; bytes <= 9; bytes++) {
      server.waiting[0]?.progress(bytes);
      await vi.advanceTimersByTimeAsync(50_000);
    }
    server.release();
    expect(await sent).toBe("sent");
    expect(server.begun).toHaveLength(1);
  });

  test("gets more time the next time", async () => {
    const { server, start } = await begin(10);
    server.holding = true;
    const sent = start();
    await until(() => server.waiting.length === 1);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(server.aborted).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(server.aborted).toHaveLength(1);
    server.release();
    expect(await sent).toBe("sent");
  });
});

describe("stopping", () => {
  test("ends what is on its way, and the parts are missing again", async () => {
    const { server, start, parts, stop } = await begin();
    server.holding = true;
    const sent = start();
    await until(() => server.waiting.length === 4);
    server.waiting[0]?.progress(5);
    stop.abort();
    expect(await sent).toBeInstanceOf(Error);
    expect([...server.aborted].sort((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    expect(parts.sent).toBe(0);
    expect(parts.peek(99)).toHaveLength(10);
  });

  test("also ends the waiting for the next try", async () => {
    const { server, start, stop } = await begin(10);
    server.putError = busy;
    const sent = start();
    await vi.advanceTimersByTimeAsync(0);
    stop.abort();
    expect(await sent).toBeInstanceOf(Error);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a file that was changed or is gone is not taken for a bad network", async () => {
  const { server, start } = await begin(10);
  server.putError = () => networkError();
  vi.spyOn(Blob.prototype, "arrayBuffer").mockRejectedValue(new Error("NotReadableError"));
  expect(await start()).toMatchObject({ code: "file_unreadable" });
  expect(server.begun).toHaveLength(1);
});
