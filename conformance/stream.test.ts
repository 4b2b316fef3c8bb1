import { describe, expect, it } from "vitest";
import { randomOf } from "./random.ts";
import { Checker, streamOf } from "./stream.ts";

const stream = streamOf(1996);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("the self-locating stream", () => {
  it("is the same from wherever it is cut, and found right", () => {
    const random = randomOf(7);
    const whole = stream.slice(0, 20_000);
    for (let i = 0; i < 500; i++) {
      const start = Math.floor(random() * 10_000), end = start + Math.floor(random() * 10_000);
      const piece = stream.slice(start, end);
      expect(Buffer.compare(piece, whole.subarray(start, end))).toBe(0);
      expect(stream.check(piece, start)).toBeUndefined();
    }
  });

  it("goes beyond 4 GiB", () => {
    const far = 5 * 2 ** 30 + 3;
    expect(stream.check(stream.slice(far, far + 1000), far)).toBeUndefined();
    expect(stream.check(stream.slice(far, far + 1000), 0)).toContain(`the bytes of offset ${far}`);
  });

  it.each([
    [
      "repeated",
      stream.slice(65_536, 70_000),
      131_072,
      "byte 131072: the bytes of offset 65536 (rep",
    ],
    [
      "missing",
      joined(stream.slice(0, 100), stream.slice(108, 300)),
      0,
      "byte 100: the bytes of off",
    ],
    [
      "swapped",
      joined(stream.slice(50, 99), stream.slice(0, 50)),
      0,
      "offset 50 (50 bytes are miss",
    ],
    ["changed", stream.slice(0, 99).map((byte, i) => i === 70 ? byte ^ 1 : byte), 0, "(changed)"],
    ["foreign", new Uint8Array(40), 3, "is not of this stream"],
    ["another's", streamOf(1997).slice(0, 99), 0, "byte 0: "],
    [
      "cut short",
      joined(stream.slice(0, 9), Uint8Array.of(1, 2, 3)),
      0,
      "byte 9: 01 02 03 is not of",
    ],
  ])("says what %s bytes are", (_what, bytes, start, words) => {
    expect(stream.check(bytes, start)).toContain(words);
  });

  it("says so too when they come one by one", () => {
    const checker = new Checker(1996);
    for (const byte of joined(stream.slice(0, 100), stream.slice(90, 300))) {
      checker.add(Uint8Array.of(byte));
    }
    expect(checker.finish()).toBe("byte 100: the bytes of offset 90 (repeated or late)");
  });
});
