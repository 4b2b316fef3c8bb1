/**
 * RESP2 and RESP3, as a protocol: how a Redis server's replies are read, and commands written.
 *
 * @module
 */

import {
  decimal,
  exactly,
  LimitError,
  type Protocol,
  protocolError,
  type Step,
  until,
} from "asynchat";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const decode = (bytes: Uint8Array) => decoder.decode(bytes);

/** What a server answers. An error is one as well: its type is `-` or `!`. */
export interface Reply {
  /** The character that it begins with, `+` for a simple string, `>` for what nobody asked for. */
  readonly type: string;
  /** Bytes for what may be binary, `$`, `=` and `!`; text for `+` and `-`. */
  readonly value: null | boolean | number | bigint | string | Uint8Array | readonly Reply[];
}

/** Bounds of one reply. */
export interface ReplyLimits {
  /** Values inside values; 32. */
  readonly maxDepth?: number;
  /** Bytes of all its strings; 1 MiB. */
  readonly maxBytes?: number;
  /** Values in all; 10,000. */
  readonly maxReplies?: number;
}

const LINE = until("\r\n", { max: 64 * 1024 });
const CR = 0x0d, LF = 0x0a;

/** Reads replies: without recursion, so that no depth of them can exhaust the stack. */
export function resp(limits: ReplyLimits = {}): Protocol<Reply> {
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

function* blob(length: number): Generator<Step, Uint8Array, Uint8Array> {
  const bytes = yield* exactly(length, { max: Infinity });
  const [cr, lf] = yield* exactly(2);
  if (cr !== CR || lf !== LF) throw protocolError("a bulk string does not end with CRLF");
  return bytes;
}

function lengthOf(text: string): number {
  return text === "-1" ? -1 : decimal(encoder.encode(text));
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

/** One part of a command. */
export type Argument = string | number | bigint | Uint8Array;

/** Writes a command: an array of strings, whatever the arguments are. */
export function writeCommand(args: readonly Argument[]): Uint8Array {
  const parts = args.map((arg) => arg instanceof Uint8Array ? arg : encoder.encode(String(arg)));
  const pieces: Uint8Array[] = [encoder.encode(`*${args.length}\r\n`)];
  for (const part of parts) pieces.push(encoder.encode(`$${part.length}\r\n`), part, CRLF);
  const command = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    command.set(piece, at);
    at += piece.length;
  }
  return command;
}

const CRLF = Uint8Array.of(CR, LF);
