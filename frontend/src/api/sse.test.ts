import { describe, expect, it } from "vitest";

import { EventParser } from "./sse";

const STREAM = `: keep-alive\r\n\r\nevent: video\r\nid: 3\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:x\n\n`;
const EVENTS = [
  { event: "video", data: '{"a":\n1}', id: "3" },
  { event: "message", data: "x", id: "3" },
];

describe("the parser of events", () => {
  it("reads events, comments and several lines of data", () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS);
  });

  it("reads the same wherever the stream is cut", () => {
    for (let cut = 1; cut < STREAM.length; cut++) {
      const parser = new EventParser();
      const found = [...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))];
      expect(found, `cut at ${cut}`).toEqual(EVENTS);
    }
  });

  it("keeps what is not complete for later", () => {
    const parser = new EventParser();
    expect(parser.push("data: half")).toEqual([]);
    expect(parser.push(" and half\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ event: "message", data: "half and half", id: "" }]);
  });
});
