/** RESP2 and RESP3, read without recursion: how a protocol of nested values is written. */

import { describe, expect, it } from "vitest";
import { type ChatError, parse } from "asynchat";
import { randomFrom, segmentedProtocol, verifySegmentation } from "asynchat/testing";
import { type Reply, type ReplyLimits, resp, writeCommand } from "./resp.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Writes a reply as a server would. */
function write({ type, value }: Reply): string {
  if (Array.isArray(value)) {
    const due = "%|".includes(type) ? value.length / 2 : value.length;
    return `${type}${due}\r\n${value.map(write).join("")}`;
  }
  if ("$!=".includes(type)) {
    if (!(value instanceof Uint8Array)) return "$-1\r\n";
    return `${type}${value.length}\r\n${decode(value)}\r\n`;
  }
  if (type === "#") return value ? "#t\r\n" : "#f\r\n";
  if (type === "_" || value === null) return `${type}${type === "_" ? "" : -1}\r\n`;
  return `${type}${value}\r\n`.replace("Infinity", "inf");
}

/** Any reply, nested now and then; text that looks like a reply is likely. */
function anyReply(random: () => number, depth = 0): Reply {
  const below = (bound: number) => Math.floor(random() * bound);
  const text = (alphabet: string) =>
    Array.from({ length: below(6) }, () => alphabet[below(alphabet.length)]).join("");
  const type = "+-:$!=,#(_*~>%"[below(depth < 4 ? 14 : 10)]!;
  switch (type) {
    case "+":
    case "-":
      return { type, value: text("+-$é 1") };
    case ":":
      return { type, value: below(2000) - 1000 };
    case ",":
      return { type, value: random() < 0.2 ? -Infinity : below(2000) / 8 };
    case "#":
      return { type, value: random() < 0.5 };
    case "(":
      return { type, value: BigInt(below(1e9)) ** 3n };
    case "_":
      return { type, value: null };
    case "$":
    case "!":
    case "=":
      return { type, value: type === "$" && random() < 0.2 ? null : encode(text("\r\n$+:1é")) };
    default: {
      if (type === "*" && random() < 0.1) return { type, value: null };
      const length = below(4) * (type === "%" ? 2 : 1);
      return { type, value: Array.from({ length }, () => anyReply(random, depth + 1)) };
    }
  }
}

const replies = (input: string, limits?: ReplyLimits): unknown[] =>
  parse(resp(limits), input).map(function plain({ value }): unknown {
    if (value instanceof Uint8Array) return decode(value);
    return Array.isArray(value) ? value.map(plain) : value;
  });

const ALL = "+OK\r\n-ERR no\r\n:-12\r\n$5\r\nhe\r\nl\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n" +
  "*2\r\n$1\r\na\r\n*2\r\n:1\r\n_\r\n#t\r\n#f\r\n,1.5\r\n,-inf\r\n(12345678901234567890\r\n" +
  "!3\r\nERR\r\n=6\r\ntxt:ab\r\n%1\r\n+k\r\n:1\r\n~1\r\n+x\r\n>1\r\n+p\r\n|1\r\n+a\r\n+b\r\n*1\r\n|1\r\n+a\r\n+b\r\n+v\r\n";

describe("RESP", () => {
  it("reads every type of RESP2 and RESP3", () => {
    expect(replies(ALL)).toEqual([
      "OK",
      "ERR no",
      -12,
      "he\r\nl",
      "",
      null,
      null,
      [],
      ["a", [1, null]],
      true,
      false,
      1.5,
      -Infinity,
      12345678901234567890n,
      "ERR",
      "txt:ab",
      ["k", 1],
      ["x"],
      ["p"],
      ["v"],
    ]);
  });

  it.each([ALL, "*2\r\n+a\r\n+b\r\n", "$3\r\nabcd\r\n", "+a\r\n?", "*3\r\n$1\r\n"])(
    "does not care how an input is cut: %#",
    (input) => {
      const limits = { maxDepth: 4, maxBytes: 64, maxReplies: 16 };
      expect(verifySegmentation(input, () => segmentedProtocol(resp(limits)))).toBeGreaterThan(15);
    },
  );

  it(
    "reads what was written, for 1,000 inputs of replies of any kind, however they are cut",
    () => {
      const random = randomFrom(6379);
      for (let round = 0; round < 1000; round++) {
        const sent = Array.from({ length: 1 + round % 3 }, () => anyReply(random));
        const input = sent.map(write).join("");
        expect(parse(resp(), input)).toEqual(sent);
        verifySegmentation(input, () => segmentedProtocol(resp({ maxReplies: 20 })), {
          everyWayUpTo: 6,
          randomWays: 3,
          seed: round,
        });
      }
    },
    60_000,
  );

  it.each<[string, string, ChatError["kind"]]>([
    ["no CRLF behind a bulk string", "$5\r\nhelloXX", "protocol"],
    ["a negative length", "$-2\r\n", "protocol"],
    ["an exponent in a length", "$1e3\r\n", "protocol"],
    ["a length beyond 2^53", "$99999999999999999999\r\n", "protocol"],
    ["a length above the bound", "$2000000\r\n", "limit"],
    ["too many values", "*2000000\r\n" + "_\r\n".repeat(10_001), "limit"],
    ["a type and nothing else", "$", "incomplete"],
    ["half an array", "*2\r\n+a\r\n", "incomplete"],
    ["an empty line", "\r\n", "protocol"],
    ["a fraction as integer", ":1.5\r\n", "protocol"],
    ["an endless line", "+" + "x".repeat(64 * 1024), "limit"],
    ["nesting", "*1\r\n".repeat(100_000), "protocol"],
  ])("refuses %s", (_, input, kind) => {
    expect(() => replies(input)).toThrow(expect.objectContaining({ kind }));
  });

  it("nests 100,000 deep, where it may, without growing the stack", () => {
    const limits = { maxDepth: Infinity, maxReplies: Infinity };
    const [reply] = parse(resp(limits), `${"*1\r\n".repeat(100_000)}+x\r\n`);
    let depth = 0;
    for (let at = reply; Array.isArray(at?.value); at = at.value[0] as Reply) depth++;
    expect(depth).toBe(100_000);
  });
});

describe("writeCommand()", () => {
  it("writes what Redis reads, whatever is in it", () => {
    const bytes = Uint8Array.of(13, 10, 0, 255);
    const command = writeCommand(["SET", "ключ", 12, bytes]);
    const text = "*4\r\n$3\r\nSET\r\n$8\r\nключ\r\n$2\r\n12\r\n$4\r\n";
    const end = encode(text).length;
    expect(decode(command.subarray(0, end))).toBe(text);
    expect([...command.subarray(end)]).toEqual([...bytes, 13, 10]);
  });
});
