/** RESP2 and RESP3, read without recursion: how a protocol of nested values is written. */

import { describe, expect, it } from "vitest";
import { type ChatError, LimitError } from "../../errors.ts";
import { parse } from "../../parser.ts";
import { exactly, type Protocol, protocolError, type Step, until } from "../../protocol.ts";
import { segmentedProtocol } from "../../testing/segmented_protocol.ts";
import { randomFrom, verifySegmentation } from "../../testing/segmentation.ts";
import { decode, encode } from "../../text.ts";
import { decimal } from "../digits.ts";

interface Reply {
  readonly type: string;
  readonly value: null | boolean | number | bigint | string | readonly Reply[];
}

interface Limits {
  readonly maxDepth?: number;
  readonly maxBytes?: number;
  readonly maxReplies?: number;
}

const LINE = until("\r\n", { max: 64 * 1024 });
const CR = 0x0d, LF = 0x0a;

function resp(limits: Limits = {}): Protocol<Reply> {
  const { maxDepth = 32, maxBytes = 1024 * 1024, maxReplies = 10_000 } = limits;
  return function* () {
    const open: { type: string; due: number; items: Reply[] }[] = [];
    let room = maxBytes, replies = 0;
    for (;;) {
      if (++replies > maxReplies) throw new LimitError("too many values", maxReplies, replies);
      const line = decode(yield* LINE);
      const type = line.slice(0, 1), text = line.slice(1);
      let reply: Reply;
      if ("$!=".includes(type) && type !== "") {
        const length = lengthOf(text);
        if (length > room) throw new LimitError("too long", maxBytes, maxBytes - room + length);
        room -= length;
        reply = { type, value: length < 0 ? null : yield* blob(length) };
      } else if ("*%~>|".includes(type) && type !== "") {
        const due = lengthOf(text) * ("%|".includes(type) ? 2 : 1);
        if (due > 0) {
          if (open.length === maxDepth) throw protocolError(`nested deeper than ${maxDepth}`);
          open.push({ type, due, items: [] });
          continue;
        }
        reply = { type, value: due < 0 ? null : [] };
      } else {
        reply = { type, value: simple(type, text) };
      }
      for (;;) {
        // An attribute is about the value that follows, and nobody asked for it here.
        if (reply.type === "|") break;
        const parent = open.at(-1);
        if (parent === undefined) return reply;
        parent.items.push(reply);
        if (--parent.due > 0) break;
        open.pop();
        reply = { type: parent.type, value: parent.items };
      }
    }
  };
}

function* blob(length: number): Generator<Step, string, Uint8Array> {
  const bytes = yield* exactly(length);
  const [cr, lf] = yield* exactly(2);
  if (cr !== CR || lf !== LF) throw protocolError("a bulk string does not end with CRLF");
  return decode(bytes);
}

function lengthOf(text: string): number {
  return text === "-1" ? -1 : decimal(new TextEncoder().encode(text));
}

function simple(type: string, text: string): Reply["value"] {
  if (type === "+" || type === "-") return text;
  if (type === ":" && /^[+-]?\d{1,15}$/.test(text)) return Number(text);
  if (type === "(" && /^[+-]?\d{1,1000}$/.test(text)) return BigInt(text);
  if (type === "," && /^[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|inf)$|^nan$/.test(text)) {
    return Number(text.replace("inf", "Infinity"));
  }
  if (type === "#" && /^[tf]$/.test(text)) return text === "t";
  if (type === "_" && text === "") return null;
  throw protocolError(`no reply begins like ${JSON.stringify(type + text.slice(0, 16))}`);
}

/** Writes a reply as a server would. */
function write({ type, value }: Reply): string {
  if (Array.isArray(value)) {
    const due = "%|".includes(type) ? value.length / 2 : value.length;
    return `${type}${due}\r\n${value.map(write).join("")}`;
  }
  if ("$!=".includes(type)) {
    const text = String(value);
    return value === null ? "$-1\r\n" : `${type}${encode(text).length}\r\n${text}\r\n`;
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
      return { type, value: type === "$" && random() < 0.2 ? null : text("\r\n$+:1é") };
    default: {
      if (type === "*" && random() < 0.1) return { type, value: null };
      const length = below(4) * (type === "%" ? 2 : 1);
      return { type, value: Array.from({ length }, () => anyReply(random, depth + 1)) };
    }
  }
}

const replies = (input: string, limits?: Limits): unknown[] =>
  parse(resp(limits), input).map(function plain({ value }): unknown {
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
