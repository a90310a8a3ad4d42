import { describe, expect, test } from "vitest";

import { Parts } from "./parts";

const held = (number: number, size: number, etag = `e${number}`) => ({ number, size, etag });

describe("sizes", () => {
  test("the last part is smaller", () => {
    const parts = new Parts(25, 10, 3);
    expect([1, 2, 3].map((number) => parts.sizeOf(number))).toEqual([10, 10, 5]);
    expect(parts.offsetOf(3)).toBe(20);
  });

  test("a file that ends with a whole part", () => {
    expect(new Parts(20, 10, 2).sizeOf(2)).toBe(10);
  });
});

describe("on the way", () => {
  test("parts are taken in order, each once", () => {
    const parts = new Parts(25, 10, 3);
    expect([parts.take(), parts.take(), parts.take(), parts.take()]).toEqual([1, 2, 3, null]);
  });

  test("what is on its way counts as sent, what is lost does not", () => {
    const parts = new Parts(25, 10, 3);
    parts.take();
    parts.take();
    parts.progress(1, 4);
    parts.progress(2, 7);
    expect(parts.sent).toBe(11);
    parts.lost(1);
    expect(parts.sent).toBe(7);
    parts.landed(2, "e2");
    expect([parts.sent, parts.heldBytes, parts.missing]).toEqual([10, 10, 2]);
  });

  test("a lost part is the next to be taken", () => {
    const parts = new Parts(50, 10, 5);
    for (let n = 0; n < 4; n++) parts.take();
    parts.lost(2);
    expect(parts.peek(5)).toEqual([2, 5]);
    expect(parts.take()).toBe(2);
  });

  test("no part can have sent more than it has", () => {
    const parts = new Parts(25, 10, 3);
    parts.take();
    parts.progress(1, 99);
    expect(parts.sent).toBe(10);
    parts.progress(1, -5);
    expect(parts.sent).toBe(0);
  });

  test("a late word on a part that has landed changes nothing", () => {
    const parts = new Parts(25, 10, 3);
    parts.take();
    parts.landed(1, "e1");
    parts.progress(1, 3);
    parts.lost(1);
    expect(parts.sent).toBe(10);
    expect(parts.take()).toBe(2);
  });
});

describe("what the store says", () => {
  test("only what it lacks is missing", () => {
    const parts = new Parts(45, 10, 5);
    parts.reconcile([held(1, 10), held(3, 10), held(5, 5)]);
    expect(parts.peek(9)).toEqual([2, 4]);
    expect(parts.heldBytes).toBe(25);
  });

  test("a part of another size, or that the file does not have, is not believed", () => {
    const parts = new Parts(45, 10, 5);
    parts.reconcile([held(1, 9), held(5, 10), held(6, 10), held(0, 10)]);
    expect(parts.heldBytes).toBe(0);
    expect(parts.peek(9)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a part that is not the one we sent is sent again", () => {
    const parts = new Parts(20, 10, 2);
    parts.take();
    parts.landed(1, "ours");
    parts.reconcile([held(1, 10, "other"), held(2, 10)]);
    expect(parts.peek(9)).toEqual([1]);
  });

  test("it is the same ETag with quotes and without", () => {
    const parts = new Parts(20, 10, 2);
    parts.take();
    parts.landed(1, '"ours"');
    parts.reconcile([held(1, 10, "ours")]);
    expect(parts.heldBytes).toBe(10);
  });

  test("what was on its way is forgotten", () => {
    const parts = new Parts(20, 10, 2);
    parts.take();
    parts.progress(1, 5);
    parts.reconcile([]);
    expect(parts.sent).toBe(0);
    expect(parts.take()).toBe(1);
  });

  test("the parts are named only when every ETag is known", () => {
    const parts = new Parts(20, 10, 2);
    parts.reconcile([held(1, 10)]);
    parts.take();
    parts.landed(2, null);
    expect(parts.complete).toBe(true);
    expect(parts.named()).toBeNull();
    parts.reconcile([held(1, 10), held(2, 10)]);
    expect(parts.named()).toEqual([
      { number: 1, etag: "e1" },
      { number: 2, etag: "e2" },
    ]);
  });
});

describe("cells", () => {
  test("one for each part when there are few", () => {
    const parts = new Parts(25, 10, 3);
    parts.take();
    parts.landed(1, null);
    parts.take();
    parts.take();
    parts.progress(3, 1);
    expect(parts.cells(100)).toEqual([1, 0, 0.2]);
  });

  test("10,000 parts are folded, and no byte is lost in the folding", () => {
    const count = 10_000;
    const size = count * 1000 - 400;
    const parts = new Parts(size, 1000, count);
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    parts.reconcile(numbers.filter((n) => n % 3 === 0).map((n) => held(n, parts.sizeOf(n))));
    const cells = parts.cells(96);
    expect(cells).toHaveLength(96);
    expect(Math.min(...cells)).toBeGreaterThan(0.3);
    expect(Math.max(...cells)).toBeLessThan(0.37);
    const widths = cells.map((_, cell) => {
      const first = Math.floor((cell * count) / 96);
      const last = Math.floor(((cell + 1) * count) / 96);
      return Math.min(size, last * 1000) - first * 1000;
    });
    const there = cells.reduce((sum, cell, index) => sum + cell * (widths[index] ?? 0), 0);
    expect(there).toBeCloseTo(parts.sent, 3);
  });

  test("10,000 parts: all taken, all landed, every cell full", () => {
    const parts = new Parts(10_000, 1, 10_000);
    for (let number = parts.take(); number !== null; number = parts.take()) {
      parts.landed(number, `e${number}`);
    }
    expect(parts.complete).toBe(true);
    expect(parts.cells(100)).toEqual(Array.from({ length: 100 }, () => 1));
    expect(parts.named()).toHaveLength(10_000);
  });
});
