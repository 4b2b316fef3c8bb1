import {
  concat,
  copy,
  endsWith,
  equals,
  includesNeedle,
  indexOfNeedle,
  lastIndexOfNeedle,
  repeat,
  startsWith,
} from "@std/bytes";
import { describe, expect, it } from "vitest";

const bytes = (...values: number[]): Uint8Array => Uint8Array.of(...values);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("concat()", () => {
  it("joins arrays in order, empty ones too", () => {
    expect(concat([bytes(1, 2), bytes(), bytes(3)])).toEqual(bytes(1, 2, 3));
    expect(concat([])).toEqual(bytes());
  });

  it("returns memory of its own, also for a single array", () => {
    const only = bytes(1, 2);
    const joined = concat([only]);
    only.fill(9);
    expect(joined).toEqual(bytes(1, 2));
  });

  it("takes only the bytes of a view, not of the buffer below it", () => {
    expect(concat([ascii("abcdef").subarray(2, 4), ascii("x")])).toEqual(ascii("cdx"));
  });
});

describe("copy()", () => {
  it("copies to the offset and returns how many bytes it copied", () => {
    const into = new Uint8Array(5);
    expect(copy(bytes(1, 2), into, 2)).toBe(2);
    expect(into).toEqual(bytes(0, 0, 1, 2, 0));
  });

  it("cuts what does not fit", () => {
    const into = new Uint8Array(3);
    expect(copy(bytes(1, 2, 3), into, 1)).toBe(2);
    expect(into).toEqual(bytes(0, 1, 2));
  });

  it("holds the offset between 0 and the length", () => {
    const into = new Uint8Array(3);
    expect(copy(bytes(1), into, -4)).toBe(1);
    expect(into).toEqual(bytes(1, 0, 0));
    expect(copy(bytes(2), into, 7)).toBe(0);
    expect(into).toEqual(bytes(1, 0, 0));
  });
});

describe("equals()", () => {
  it("compares byte for byte", () => {
    expect(equals(bytes(1, 2, 3), bytes(1, 2, 3))).toBe(true);
    expect(equals(bytes(1, 2, 3), bytes(1, 2, 4))).toBe(false);
    expect(equals(bytes(1, 2), bytes(1, 2, 0))).toBe(false);
    expect(equals(bytes(), bytes())).toBe(true);
  });

  it("is right for long arrays at every alignment", () => {
    const base = Uint8Array.from({ length: 2100 }, (_, i) => i * 7);
    for (let at = 0; at < 9; at++) {
      const view = base.subarray(at, at + 2048);
      const other = view.slice();
      expect(equals(view, other)).toBe(true);
      other[2047 - at]! ^= 1;
      expect(equals(view, other)).toBe(false);
    }
  });
});

describe("startsWith() and endsWith()", () => {
  it("looks at the right end", () => {
    expect(startsWith(ascii("abc"), ascii("ab"))).toBe(true);
    expect(startsWith(ascii("abc"), ascii("bc"))).toBe(false);
    expect(endsWith(ascii("abc"), ascii("bc"))).toBe(true);
    expect(endsWith(ascii("abc"), ascii("ab"))).toBe(false);
  });

  it("is false when more is asked for than there is", () => {
    expect(startsWith(ascii("a"), ascii("ab"))).toBe(false);
    expect(endsWith(ascii("b"), ascii("ab"))).toBe(false);
  });

  it("is true for nothing", () => {
    expect(startsWith(ascii("a"), bytes())).toBe(true);
    expect(endsWith(ascii("a"), bytes())).toBe(true);
  });
});

describe("indexOfNeedle()", () => {
  it("finds the first occurrence, overlapping starts too", () => {
    expect(indexOfNeedle(ascii("abcabc"), ascii("bc"))).toBe(1);
    expect(indexOfNeedle(ascii("aaab"), ascii("aab"))).toBe(1);
    expect(indexOfNeedle(ascii("abc"), ascii("x"))).toBe(-1);
    expect(indexOfNeedle(ascii("abc"), ascii("abcd"))).toBe(-1);
    expect(indexOfNeedle(ascii("ab"), ascii("bx"))).toBe(-1);
  });

  it("never finds nothing", () => {
    expect(indexOfNeedle(ascii("abc"), bytes())).toBe(-1);
    expect(indexOfNeedle(bytes(), bytes())).toBe(-1);
  });

  it("starts at the given index; a negative one counts from the end", () => {
    expect(indexOfNeedle(ascii("abab"), ascii("ab"), 1)).toBe(2);
    expect(indexOfNeedle(ascii("abab"), ascii("ab"), 3)).toBe(-1);
    expect(indexOfNeedle(ascii("abab"), ascii("ab"), -2)).toBe(2);
    expect(indexOfNeedle(ascii("abab"), ascii("ab"), -1)).toBe(-1);
    expect(indexOfNeedle(ascii("abab"), ascii("ab"), -9)).toBe(0);
    expect(indexOfNeedle(ascii("abab"), ascii("ab"), 9)).toBe(-1);
  });
});

describe("lastIndexOfNeedle()", () => {
  it("finds the last occurrence", () => {
    expect(lastIndexOfNeedle(ascii("abcabc"), ascii("bc"))).toBe(4);
    expect(lastIndexOfNeedle(ascii("aaa"), ascii("aa"))).toBe(1);
    expect(lastIndexOfNeedle(ascii("abc"), ascii("x"))).toBe(-1);
    expect(lastIndexOfNeedle(ascii("abc"), ascii("abcd"))).toBe(-1);
    expect(lastIndexOfNeedle(ascii("abc"), bytes())).toBe(-1);
  });

  it("ends no later than the start; a negative one finds nothing", () => {
    expect(lastIndexOfNeedle(ascii("abab"), ascii("ab"), 3)).toBe(2);
    expect(lastIndexOfNeedle(ascii("abab"), ascii("ab"), 2)).toBe(0);
    expect(lastIndexOfNeedle(ascii("abab"), ascii("ab"), 0)).toBe(-1);
    expect(lastIndexOfNeedle(ascii("abab"), ascii("ab"), 9)).toBe(2);
    expect(lastIndexOfNeedle(ascii("abab"), ascii("ab"), -1)).toBe(-1);
  });
});

describe("includesNeedle()", () => {
  it("agrees with indexOfNeedle()", () => {
    expect(includesNeedle(ascii("abc"), ascii("bc"))).toBe(true);
    expect(includesNeedle(ascii("abc"), ascii("bc"), 2)).toBe(false);
    expect(includesNeedle(ascii("abc"), ascii("c"), -1)).toBe(true);
    expect(includesNeedle(ascii("abc"), bytes())).toBe(false);
  });
});

describe("repeat()", () => {
  it("repeats", () => {
    expect(repeat(bytes(1, 2), 3)).toEqual(bytes(1, 2, 1, 2, 1, 2));
    expect(repeat(bytes(1, 2), 0)).toEqual(bytes());
    expect(repeat(bytes(), 4)).toEqual(bytes());
  });

  it("returns memory of its own, also for a count of one", () => {
    const once = bytes(1);
    const repeated = repeat(once, 1);
    once.fill(9);
    expect(repeated).toEqual(bytes(1));
  });

  it("throws RangeError on a negative or broken count", () => {
    expect(() => repeat(bytes(1), -1)).toThrow(RangeError);
    expect(() => repeat(bytes(1), 1.5)).toThrow(RangeError);
    expect(() => repeat(bytes(1), Number.NaN)).toThrow(RangeError);
  });
});
