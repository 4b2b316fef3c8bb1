import { describe, expect, it } from "vitest";
import { compileTerminator, RAW, sourceOf, SPENT, type Terminator } from "./terminator.ts";

describe("what is a terminator", () => {
  it.each<[string, unknown, string]>([
    ["a number of bytes", 5, "count"],
    ["text", "\r\n", "delimiter"],
    ["bytes", Uint8Array.of(0), "delimiter"],
    ["another view", new Uint16Array([1, 2]), "delimiter"],
    ["a list", ["\r\n", Uint8Array.of(0), new DataView(new ArrayBuffer(1))], "any-of"],
    ["null", null, "raw"],
    ["empty text", "", "raw"],
    ["no bytes", new Uint8Array(0), "raw"],
  ])("%s", (_, terminator, kind) => {
    expect(compileTerminator(terminator as Terminator).kind).toBe(kind);
  });

  it.each<[unknown, typeof Error, RegExp]>([
    [0, RangeError, /handle the empty frame yourself/],
    [-1, RangeError, /got -1/],
    [1.5, RangeError, /got 1.5/],
    [NaN, RangeError, /got NaN/],
    [2 ** 53, RangeError, /2\^53 - 1/],
    [[], RangeError, /needs at least one/],
    [["\n", ""], RangeError, /delimiter 1 of the list is empty/],
    [["\n", new Uint8Array(0)], RangeError, /delimiter 1 of the list is empty/],
    [["\n", 3], TypeError, /delimiter 1 of the list is 3/],
    [[null], TypeError, /delimiter 0 of the list is \[object Null\]/],
    [undefined, TypeError, /got undefined/],
    [true, TypeError, /got true/],
    [{}, TypeError, /got \[object Object\]/],
  ])("and %s is none", (terminator, type, message) => {
    const act = () => compileTerminator(terminator as Terminator);
    expect(act).toThrow(type);
    expect(act).toThrow(message);
  });
});

describe("a compiled terminator", () => {
  it("is given back as it was set, and a number as what is due", () => {
    const back = (terminator: Terminator, remaining = 0) =>
      sourceOf(compileTerminator(terminator), remaining);
    expect(back("\r\n")).toBe("\r\n");
    expect(back(7, 3)).toBe(3);
    expect(back(null)).toBe(null);
    expect(back(["a", Uint8Array.of(1)])).toEqual(["a", Uint8Array.of(1)]);
    expect([sourceOf(RAW, 0), sourceOf(SPENT, 0)]).toEqual([null, 0]);
  });

  it("is not changed by changing the bytes, before or after", () => {
    const bytes = Uint8Array.of(1, 2);
    for (const terminator of [bytes, [bytes]]) {
      const compiled = compileTerminator(terminator);
      bytes.fill(9);
      const [given] = [sourceOf(compiled, 0)].flat() as Uint8Array[];
      given!.fill(8);
      expect([sourceOf(compiled, 0)].flat()).toEqual([Uint8Array.of(1, 2)]);
      bytes.set([1, 2]);
    }
  });

  it("is made once for short text, and memory is not spent on any number of them", () => {
    expect(compileTerminator("\r\n")).toBe(compileTerminator("\r\n"));
    const long = "x".repeat(65);
    expect(compileTerminator(long)).not.toBe(compileTerminator(long));
    for (let i = 0; i < 100; i++) compileTerminator(`terminator ${i}`);
    expect(compileTerminator("one too many")).not.toBe(compileTerminator("one too many"));
    expect(compileTerminator("one too many")).toEqual(compileTerminator("one too many"));
  });
});
