import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { storeError, xhrSender } from "./xhrSender";

/** Put there by Vitest. */
declare const jsdom: { readonly virtualConsole: NodeJS.EventEmitter };

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let url: string;
let answer: Answer;
let arrived: IncomingMessage[];

beforeEach(async () => {
  arrived = [];
  server = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Methods", "PUT");
    if (request.method === "OPTIONS") {
      response.end();
      return;
    }
    arrived.push(request);
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/part`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const refuse =
  (status: number, code: string): Answer =>
  (_request, response) => {
    response.statusCode = status;
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  };

function put(signal = new AbortController().signal, progress: number[] = []) {
  const onProgress = (bytes: number) => progress.push(bytes);
  return xhrSender({ url, blob: new Blob(["0123456789"]), signal, onProgress });
}

test("sends exactly the bytes, tells how far it is, and answers with the ETag", async () => {
  let body = "";
  answer = (_request, response, said) => {
    body = said;
    response.setHeader("Access-Control-Expose-Headers", "ETag");
    response.setHeader("ETag", '"abc"');
    response.end();
  };
  const progress: number[] = [];
  expect(await put(undefined, progress)).toBe('"abc"');
  expect(body).toBe("0123456789");
  expect(arrived[0]?.method).toBe("PUT");
  expect(progress.at(-1)).toBe(10);
});

test("an ETag that the page may not see is no failure", async () => {
  answer = (_request, response) => {
    response.setHeader("ETag", '"abc"');
    response.end();
  };
  expect(await put()).toBeNull();
});

test("a refused URL", async () => {
  answer = refuse(403, "AccessDenied");
  await expect(put()).rejects.toMatchObject({ code: "storage_refused", retryable: true });
});

test("a connection that breaks", async () => {
  // The stand-in for a browser would write it to the console.
  jsdom.virtualConsole.removeAllListeners("jsdomError");
  answer = (request) => {
    request.socket.destroy();
  };
  await expect(put()).rejects.toMatchObject({ code: "network_error", retryable: true });
});

test("ends when it is told to", async () => {
  const stop = new AbortController();
  answer = () => {
    stop.abort(new Error("enough"));
  };
  await expect(put(stop.signal)).rejects.toThrow("enough");
});

test("does not begin when it was told to end before", async () => {
  const stop = new AbortController();
  stop.abort(new Error("enough"));
  await expect(put(stop.signal)).rejects.toThrow("enough");
  expect(arrived).toEqual([]);
});

describe("what an answer means", () => {
  const error = (code: string) => `<Error><Code>${code}</Code></Error>`;

  test.each([
    [403, "AccessDenied", "storage_refused", true],
    [403, "SignatureDoesNotMatch", "storage_refused", true],
    [400, "ExpiredToken", "storage_refused", true],
    [404, "NoSuchUpload", "upload_gone", false],
    [400, "RequestTimeout", "storage_unavailable", true],
    [503, "SlowDown", "storage_unavailable", true],
    [500, "InternalError", "storage_unavailable", true],
    [429, "TooManyRequests", "storage_unavailable", true],
    [400, "EntityTooSmall", "storage_rejected", false],
    [411, "MissingContentLength", "storage_rejected", false],
  ])("%i %s: %s", (status, said, code, retryable) => {
    const found = storeError(status, error(said), null);
    expect(found).toMatchObject({ code, retryable });
    expect(found.message).toContain(said);
  });

  test("a proxy's page instead of S3's", () => {
    expect(storeError(502, "<html>Bad Gateway</html>", "7")).toMatchObject({
      code: "storage_unavailable",
      retryAfter: 7,
    });
  });

  test("a Retry-After that makes no sense", () => {
    expect(storeError(503, "", "soon").retryAfter).toBeNull();
    expect(storeError(503, "", "-1").retryAfter).toBeNull();
  });
});
