import { describe, expect, it } from "vitest";
import { concat } from "../bytes.ts";
import { type ChatError, LimitError } from "../errors.ts";
import { parse, Parser } from "../parser.ts";
import { segmentedProtocol } from "../testing/segmented_protocol.ts";
import { randomFrom, verifySegmentation } from "../testing/segmentation.ts";
import { decode, encode } from "../text.ts";
import { chunked } from "./chunked.ts";
import { delimited } from "./delimited.ts";
import { decimal, hexadecimal } from "./digits.ts";
import { dotStuffed } from "./dot_stuffed.ts";
import { fixedSize } from "./fixed_size.ts";
import type { Framing } from "./framing.ts";
import { lengthPrefixed } from "./length_prefixed.ts";
import { lines } from "./lines.ts";
import { netstring } from "./netstring.ts";
import { Utf8Decoder } from "./utf8.ts";
import { encodeVarint, varint } from "./varint.ts";

/** Latin-1, for inputs that are no text. */
const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (of: Uint8Array) => [...of].map((byte) => String.fromCharCode(byte)).join("");

/** What a framing makes of an input, as text. */
function read(framing: Framing<Uint8Array | string, never>, input: string): string[] {
  return parse(framing.decode, bytes(input)).map((frame) =>
    typeof frame === "string" ? frame : text(frame)
  );
}

type Any = Framing<Uint8Array | string, never>;
type Case = readonly [framing: string, make: () => Any, input: string, messages: readonly string[]];

const CASES: readonly Case[] = [
  ["delimited", () => delimited("\0"), "a\0\0b\0", ["a", "", "b"]],
  ["delimited by bytes", () => delimited(bytes("\xff\xff")), "a\xffb\xff\xff", ["a\xffb"]],
  ["delimited by any", () => delimited(["\r\n", "\n", "\r"]), "a\rb\r\nc\n\r", ["a", "b", "c", ""]],
  ["delimited or ended", () => delimited(";", { orEnd: true }), "a;b", ["a", "b"]],
  ["delimited or ended", () => delimited(";", { orEnd: true }), "a;", ["a"]],
  ["lines", () => lines(), "a\r\nb\nc\rd\r\n\r\n", ["a", "b\nc\rd", ""]],
  ["lines, LF", () => lines({ ending: "\n" }), "a\r\nb\n\n", ["a\r", "b", ""]],
  ["lines, either", () => lines({ ending: "either" }), "a\r\nb\nc\rd\r\r\n", ["a", "b", "c\rd\r"]],
  ["lines, open", () => lines({ orEnd: true }), "a\r\nb\r", ["a", "b\r"]],
  ["lines, malformed", () => lines(), "\xff\r\n", ["\ufffd"]],
  ["fixed size", () => fixedSize(3), "abcdef", ["abc", "def"]],
  ["1 byte", () => lengthPrefixed({ size: 1 }), "\x02ab\x00\x01c", ["ab", "", "c"]],
  ["2 bytes", () => lengthPrefixed({ size: 2 }), "\x00\x02ab", ["ab"]],
  ["4 bytes", () => lengthPrefixed(), "\0\0\0\x02ab\0\0\0\0", ["ab", ""]],
  ["8 bytes", () => lengthPrefixed({ size: 8 }), "\0\0\0\0\0\0\0\x01a", ["a"]],
  [
    "4 bytes, lowest first, with themselves",
    () => lengthPrefixed({ littleEndian: true, includesHeader: true }),
    "\x05\0\0\0a\x04\0\0\0",
    ["a", ""],
  ],
  ["varint", () => lengthPrefixed({ size: "varint" }), "\x01a\0\x80\x01" + "b".repeat(128), [
    "a",
    "",
    "b".repeat(128),
  ]],
  ["netstring", () => netstring(), "3:a,b,0:,10:0123456789,", ["a,b", "", "0123456789"]],
  ["dot", () => dotStuffed(), "a\r\n..b\r\n.\r\n.\r\nc\r\n.\r\n", ["a\r\n.b\r\n", "", "c\r\n"]],
  ["dot, all but an end", () => dotStuffed(), "\n.\n\r.\r\n.\r\n.\r\n", ["\n.\n\r.\r\n", ""]],
  ["dot, all but an end", () => dotStuffed(), "x\n.\r\n\r\n.\n\r\n.\r\n", ["x\n.\r\n\r\n\n\r\n"]],
];

describe("decode", () => {
  it.each(CASES)("%s", (_name, make, input, messages) => {
    expect(read(make(), input)).toEqual(messages);
    verifySegmentation(bytes(input), () => segmentedProtocol(make().decode));
  });

  it("chunked", () => {
    const input =
      '3\r\nabc\r\n00A \t;x="y"\r\n0123456789\r\n000\r\nA: \t b c \t\r\nA:\r\n\r\n0\r\n\r\n';
    expect(parse(chunked().decode, input).map(({ body, trailers }) => [text(body), trailers]))
      .toEqual([["abc0123456789", [["A", "b c"], ["A", ""]]], ["", []]]);
    const limits = { max: 13, maxOverhead: 24 };
    verifySegmentation(input, () => segmentedProtocol(chunked(limits).decode));
    expect(parse(chunked(limits).decode, input)).toHaveLength(2);
    for (const less of [{ max: 12 }, { maxOverhead: 23 }]) {
      const refusing = chunked({ ...limits, ...less });
      verifySegmentation(input, () => segmentedProtocol(refusing.decode));
      expect(() => parse(refusing.decode, input)).toThrow(LimitError);
    }
  });
});

const HUGE = "\xff".repeat(7);

const HOSTILE: readonly (readonly [
  name: string,
  framing: Framing<unknown, never>,
  input: string,
  kind: ChatError["kind"],
])[] = [
  ["delimited: endless", delimited("\0", { max: 8 }), "x".repeat(80), "limit"],
  ["delimited: one more", delimited("\r\n", { max: 3 }), "abcd\r\n", "limit"],
  ["delimited: cut", delimited("\r\n", { max: 3 }), "abc\r", "limit"],
  ["delimited: cut", delimited("\r\n", { max: 4 }), "abc\r", "incomplete"],
  ["delimited or ended: endless", delimited(";", { max: 3, orEnd: true }), "a;bcde", "limit"],
  ["lines: endless", lines({ max: 512 }), "A".repeat(3000) + "SYST\r\n", "limit"],
  ["lines: no LF", lines({ max: 512 }), "QUIT\r", "incomplete"],
  ["lines: no CR", lines({ max: 512 }), "QUIT\n", "incomplete"],
  ["fixed size: cut", fixedSize(3), "abcde", "incomplete"],
  ["length: too long", lengthPrefixed({ max: 8 }), "\0\0\0\x09", "limit"],
  ["length: 2 GiB", lengthPrefixed(), "\x7f\xff\xff\xff", "limit"],
  ["length: 2^64 - 1", lengthPrefixed({ size: 8 }), "\xff" + HUGE, "limit"],
  [
    "length: 2^56 - 1, no limit",
    lengthPrefixed({ size: 8, max: Infinity }),
    `\0${HUGE}`,
    "protocol",
  ],
  ["length: below its own", lengthPrefixed({ includesHeader: true }), "\0\0\0\x03", "protocol"],
  ["length: cut in front", lengthPrefixed(), "\0\0\0", "incomplete"],
  ["length: cut behind", lengthPrefixed(), "\0\0\0\x02a", "incomplete"],
  ["length: nothing behind", lengthPrefixed(), "\0\0\0\x02", "incomplete"],
  ["varint: overlong 0", lengthPrefixed({ size: "varint" }), "\x80\0", "protocol"],
  ["varint: overlong 1", lengthPrefixed({ size: "varint" }), "\x81\x80\0a", "protocol"],
  ["varint: 9 bytes", lengthPrefixed({ size: "varint" }), "\x80".repeat(8) + "\x01", "protocol"],
  ["varint: 2^53", lengthPrefixed({ size: "varint" }), "\x80".repeat(7) + "\x10", "protocol"],
  ["varint: too long", lengthPrefixed({ size: "varint", max: 8 }), "\x09", "limit"],
  ["varint: cut", lengthPrefixed({ size: "varint" }), "\x80", "incomplete"],
  ["netstring: leading zero", netstring(), "01:a,", "protocol"],
  ["netstring: sign", netstring(), "+1:a,", "protocol"],
  ["netstring: space", netstring(), " 1:a,", "protocol"],
  ["netstring: exponent", netstring(), "1e1:", "protocol"],
  ["netstring: nothing", netstring(), ":,", "protocol"],
  ["netstring: no comma", netstring(), "1:ab", "protocol"],
  ["netstring: too long", netstring({ max: 9 }), "10:", "limit"],
  ["netstring: too long", netstring({ max: 10 }), "11:", "limit"],
  ["netstring: 19 digits", netstring({ max: Infinity }), "9".repeat(19), "limit"],
  ["netstring: 16 digits", netstring({ max: Infinity }), "9".repeat(16) + ":", "protocol"],
  ["netstring: cut", netstring(), "1:a", "incomplete"],
  ["dot: endless line", dotStuffed({ max: 16 }), "x".repeat(99), "limit"],
  ["dot: endless lines", dotStuffed({ max: 16 }), "\r\n".repeat(9), "limit"],
  ["dot: one more", dotStuffed({ max: 4 }), "abc\r\n.\r\n", "limit"],
  ["dot: one more, doubled", dotStuffed({ max: 4 }), "..bc\r\n.\r\n", "limit"],
  ["dot: \\n.\\r\\n", dotStuffed(), "x\r\n\n.\r\n", "incomplete"],
  ["dot: \\n.\\n", dotStuffed(), "x\n.\n", "incomplete"],
  ["dot: \\r.\\r", dotStuffed(), "x\r.\r", "incomplete"],
  ["dot: \\r\\n.\\n", dotStuffed(), "x\r\n.\n", "incomplete"],
  ["dot: cut", dotStuffed(), "x\r\n.\r", "incomplete"],
  ["chunked: sign", chunked(), "-1\r\n", "protocol"],
  ["chunked: 0x", chunked(), "0x1\r\n", "protocol"],
  ["chunked: no length", chunked(), "\r\n", "protocol"],
  ["chunked: no length", chunked(), ";x\r\n", "protocol"],
  ["chunked: space", chunked(), "1 \r\na\r\n", "protocol"],
  ["chunked: LF in an extension", chunked(), "1;\nx\r\na\r\n", "protocol"],
  ["chunked: CR in an extension", chunked(), "1;\rx\r\na\r\n", "protocol"],
  ["chunked: bare LF", chunked(), "1\na\n0\n\n", "incomplete"],
  ["chunked: 17 digits", chunked(), "00000000000000001\r\n", "protocol"],
  ["chunked: 2^53", chunked({ max: Infinity }), "20000000000000\r\n", "protocol"],
  ["chunked: no CRLF behind a chunk", chunked(), "1\r\nab\r\n", "protocol"],
  ["chunked: no LF behind a chunk", chunked(), "1\r\na\rb", "protocol"],
  ["chunked: too long", chunked({ max: 1 }), "2\r\n", "limit"],
  ["chunked: too long together", chunked({ max: 1 }), "1\r\na\r\n1\r\n", "limit"],
  ["chunked: extensions", chunked({ maxOverhead: 9 }), "1;abcd\r\na\r\n".repeat(2), "limit"],
  ["chunked: one extension", chunked({ maxOverhead: 9 }), `1;${"x".repeat(99)}`, "limit"],
  ["chunked: no digits saved for it", chunked({ maxOverhead: 9 }), "1;234567890\r\n", "limit"],
  ["chunked: trailers", chunked({ maxOverhead: 9 }), "0\r\na:1\r\nb:2\r\n", "limit"],
  ["chunked: no name", chunked(), "0\r\n: x\r\n\r\n", "protocol"],
  ["chunked: no colon", chunked(), "0\r\nx\r\n\r\n", "protocol"],
  ["chunked: folded", chunked(), "0\r\na: b\r\n c\r\n\r\n", "protocol"],
  ["chunked: LF in a field", chunked(), "0\r\na: b\nc\r\n\r\n", "protocol"],
  ["chunked: cut", chunked(), "0\r\n", "incomplete"],
];

describe("hostile input", () => {
  it.each(HOSTILE)("%s", (_name, framing, input, kind) => {
    const limits = { randomWays: 50 };
    verifySegmentation(bytes(input), () => segmentedProtocol(framing.decode), limits);
    expect(() => parse(framing.decode, bytes(input))).toThrow(expect.objectContaining({ kind }));
  });

  it("is refused before the bytes have come, and before anything is allocated", () => {
    for (const [name, framing, input, kind] of HOSTILE) {
      if (kind !== "limit" || name.endsWith("cut")) continue;
      const parser = new Parser(framing.decode);
      expect(() => [...parser.receive(bytes(input))], name).toThrow(LimitError);
    }
  });

  it("is named: a length that is less than its own bytes", () => {
    const { decode } = lengthPrefixed({ size: 2, includesHeader: true });
    expect(() => parse(decode, bytes("\0\x01"))).toThrow(/less than the 2 bytes of its own/);
  });

  it("at the limit is accepted, to the byte", () => {
    const exact: readonly (readonly [Framing<unknown, never>, string])[] = [
      [delimited("\r\n", { max: 3 }), "abc\r\n"],
      [lines({ max: 3 }), "abc\r\n"],
      [lengthPrefixed({ max: 3 }), "\0\0\0\x03abc"],
      [lengthPrefixed({ size: "varint", max: 3 }), "\x03abc"],
      [netstring({ max: 3 }), "3:abc,"],
      [dotStuffed({ max: 5 }), "abc\r\n.\r\n"],
      [dotStuffed({ max: 3 }), "..\r\n.\r\n"],
      [dotStuffed({ max: 0 }), ".\r\n"],
      [chunked({ max: 3, maxOverhead: 0 }), "3\r\nabc\r\n0\r\n\r\n"],
      [delimited("\0", { max: 0 }), "\0"],
    ];
    for (const [framing, input] of exact) {
      expect(parse(framing.decode, bytes(input))).toHaveLength(1);
      verifySegmentation(bytes(input), () => segmentedProtocol(framing.decode));
    }
  });
});

describe("encode", () => {
  it.each<[string, () => Uint8Array, string]>([
    ["the first of several", () => delimited(["\r\n", "\n"]).encode(bytes("a")), "a\r\n"],
    ["a line", () => lines().encode("ü"), "\xc3\xbc\r\n"],
    ["a line, LF", () => lines({ ending: "\n" }).encode("a\r"), "a\r\n"],
    ["a line, either", () => lines({ ending: "either" }).encode("a"), "a\r\n"],
    [
      "2 bytes, low first",
      () => lengthPrefixed({ size: 2, littleEndian: true }).encode(bytes("a")),
      "\x01\0a",
    ],
    ["8 bytes", () => lengthPrefixed({ size: 8 }).encode(bytes("a")), "\0\0\0\0\0\0\0\x01a"],
    ["a netstring", () => netstring().encode(bytes("a,")), "2:a,,"],
    ["no text", () => dotStuffed().encode(bytes("")), ".\r\n"],
    ["a text that is whole", () => dotStuffed().encode(bytes("a\r\n")), "a\r\n.\r\n"],
    ["a text that is not", () => dotStuffed().encode(bytes("a\n")), "a\n\r\n.\r\n"],
    ["a text that is a CR short", () => dotStuffed().encode(bytes("\n")), "\n\r\n.\r\n"],
    ["dots", () => dotStuffed().encode(bytes(".\r\n.a.\r\n")), "..\r\n..a.\r\n.\r\n"],
    ["no body", () => chunked().encode({ body: bytes("") }), "0\r\n\r\n"],
    [
      "a body",
      () => chunked().encode({ body: bytes("x".repeat(16)), trailers: [["A", "b"]] }),
      `10\r\n${"x".repeat(16)}\r\n0\r\nA: b\r\n\r\n`,
    ],
  ])("writes %s", (_name, act, wanted) => {
    expect(text(act())).toBe(wanted);
  });

  it.each<[string, () => unknown]>([
    ["a delimiter inside", () => delimited("--").encode(bytes("a--b"))],
    ["half a delimiter at the end", () => delimited("--").encode(bytes("a-"))],
    ["any delimiter inside", () => delimited(["a", "b"]).encode(bytes("xb"))],
    ["a delimiter that may grow", () => delimited(["\r", "\r\n"]).encode(bytes("x"))],
    ["the end of another delimiter", () => delimited(["b", "abc"]).encode(bytes("xa"))],
    ["CRLF in a line", () => lines().encode("a\r\nQUIT")],
    ["LF in a line", () => lines().encode("a\nQUIT")],
    ["CR in a line", () => lines({ ending: "either" }).encode("a\rQUIT")],
    ["LF in a line that LF ends", () => lines({ ending: "\n" }).encode("a\nb")],
    ["another size", () => fixedSize(3).encode(bytes("ab"))],
    ["LF and a dot", () => dotStuffed().encode(bytes("a\n.\r\nQUIT"))],
    ["CR and a dot", () => dotStuffed().encode(bytes("a\r.\rQUIT"))],
    ["LF and a dot at once", () => dotStuffed().encode(bytes("\n."))],
    ["no field's name", () => chunked().encode({ body: bytes(""), trailers: [["a b", ""]] })],
    ["no field's value", () => chunked().encode({ body: bytes(""), trailers: [["a", "b\r\nc"]] })],
    ["space that would go", () => chunked().encode({ body: bytes(""), trailers: [["a", "b "]] })],
  ])("refuses %s", (_name, act) => {
    expect(act).toThrow(expect.objectContaining({ kind: "protocol" }));
  });

  it.each<[string, () => unknown, number]>([
    ["delimited", () => delimited(";", { max: 1 }).encode(bytes("ab")), 1],
    ["lines, in bytes", () => lines({ max: 3 }).encode("üü"), 3],
    ["1 byte", () => lengthPrefixed({ size: 1 }).encode(new Uint8Array(256)), 255],
    [
      "1 byte with itself",
      () => lengthPrefixed({ size: 1, includesHeader: true }).encode(new Uint8Array(255)),
      254,
    ],
    ["4 bytes", () => lengthPrefixed({ max: 1 }).encode(bytes("ab")), 1],
    ["varint", () => lengthPrefixed({ size: "varint", max: 1 }).encode(bytes("ab")), 1],
    ["netstring", () => netstring({ max: 1 }).encode(bytes("ab")), 1],
    ["dot, with its CRLF", () => dotStuffed({ max: 3 }).encode(bytes("ab")), 3],
    ["chunked", () => chunked({ max: 1 }).encode({ body: bytes("ab") }), 1],
    [
      "trailers",
      () => chunked({ maxOverhead: 4 }).encode({ body: bytes(""), trailers: [["a", "b"]] }),
      4,
    ],
  ])("refuses what is too long: %s", (_name, act, limit) => {
    expect(act).toThrow(expect.objectContaining({ kind: "limit", limit }));
  });

  it("writes into bytes of its own", () => {
    const frame = bytes("abc");
    for (const framing of [delimited("\0"), fixedSize(3), netstring(), lengthPrefixed()]) {
      const written = framing.encode(frame);
      const before = written.slice();
      frame.reverse();
      expect(written).toEqual(before);
      written.fill(0);
    }
    expect(text(delimited(bytes("|")).encode(bytes("a")))).toBe("a|");
  });
});

describe("options that are none", () => {
  it.each<[string, () => unknown]>([
    ["a bound", () => netstring({ max: -1 })],
    ["a bound", () => dotStuffed({ max: NaN })],
    ["a bound", () => lengthPrefixed({ max: -1 })],
    ["a bound", () => chunked({ maxOverhead: -1 })],
    ["a size", () => fixedSize(0)],
    ["a size", () => fixedSize(1.5)],
    ["a length's size", () => lengthPrefixed({ size: 3 as 4 })],
    ["a varint with itself", () => lengthPrefixed({ size: "varint", includesHeader: true })],
    ["an ending", () => lines({ ending: "\r" as "\n" })],
    ["a varint", () => encodeVarint(-1)],
    ["a varint", () => encodeVarint(2 ** 53)],
  ])("%s", (_name, act) => {
    expect(act).toThrow(RangeError);
  });
});

describe("numbers", () => {
  it("are digits and nothing else", () => {
    expect([..."0 7 0042 9007199254740991".split(" ")].map((digits) => decimal(encode(digits))))
      .toEqual([0, 7, 42, Number.MAX_SAFE_INTEGER]);
    expect([..."0 aF 1fffffffffffff".split(" ")].map((digits) => hexadecimal(encode(digits))))
      .toEqual([0, 175, Number.MAX_SAFE_INTEGER]);
    for (
      const bad of ["", " 1", "1 ", "+1", "-1", "1e3", "0x1", "1.0", "a", "9007199254740992", "９"]
    ) {
      expect(() => decimal(encode(bad)), bad).toThrow(
        expect.objectContaining({ kind: "protocol" }),
      );
    }
    for (const bad of ["", "g", "0x1", "-1", "@", "20000000000000", "`"]) {
      expect(() => hexadecimal(encode(bad)), bad).toThrow(/hexadecimal/);
    }
  });

  it("of any size as varints", () => {
    const random = randomFrom(3);
    for (let round = 0; round < 1000; round++) {
      const value = Math.floor(2 ** (random() * 53));
      expect(parse(varint, encodeVarint(value))).toEqual([value]);
    }
    for (const value of [0, 127, 128, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(parse(varint, encodeVarint(value))).toEqual([value]);
    }
  });
});

describe("Utf8Decoder", () => {
  it("gives what the whole gives, wherever it is cut, also for malformed bytes", () => {
    const random = randomFrom(4);
    const parts = ["a", "é", "€", "😀", "\ufeff"].map(encode).concat(
      ["\x80", "\xe2", "\xe2\x82", "\xf0\x9f", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5"].map(
        bytes,
      ),
    );
    for (let round = 0; round < 300; round++) {
      const input = concat(
        Array.from(
          { length: 1 + Math.floor(random() * 4) },
          () => parts[Math.floor(random() * parts.length)]!,
        ),
      );
      const make = () => {
        const decoder = new Utf8Decoder();
        let told = "";
        return {
          receive: (chunk: Uint8Array) => void (told += decoder.decode(chunk)),
          end: () => void (told += decoder.end()),
          result: () => told,
        };
      };
      verifySegmentation(input, make, { everyWayUpTo: 8, randomWays: 10 });
      const once = make();
      once.receive(input);
      once.end();
      expect(once.result()).toBe(decode(input));
    }
  });

  it("holds back nothing of a character that is whole", () => {
    for (const whole of ["a", "é", "€", "😀"]) {
      expect(new Utf8Decoder().decode(encode(`x${whole}`))).toBe(`x${whole}`);
    }
  });

  it("holds back three bytes at most, and tells what it has", () => {
    const decoder = new Utf8Decoder();
    expect(decoder.decode(bytes("a\xf0\x9f\x98"))).toBe("a");
    expect(decoder.decode(bytes("\x80b"))).toBe("😀b");
    expect(decoder.decode(bytes("\x80\x80\x80\x80"))).toBe("\ufffd".repeat(4));
    expect(decoder.decode(bytes("\xe2"))).toBe("");
    expect(decoder.end()).toBe("\ufffd");
    expect(decoder.end()).toBe("");
  });
});
