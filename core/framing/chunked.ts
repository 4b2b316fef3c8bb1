/**
 * Bodies in chunks, as HTTP/1.1 has them.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { LimitError } from "../errors.ts";
import { Gatherer } from "../gather.ts";
import { boundOf, exactly, protocolError, type StepOptions, until } from "../protocol.ts";
import { decode as decodeText, encode as encodeText } from "../text.ts";
import { tooLong } from "./delimited.ts";
import { hexadecimal } from "./digits.ts";
import type { Framing } from "./framing.ts";

/** A body, and the fields behind it. */
export interface ChunkedBody {
  /** The bytes of all chunks: the reader's own. */
  readonly body: Uint8Array;
  /** Name and value of each field behind the body, in order, as they were sent. */
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** What {@linkcode chunked} takes to encode. */
export interface ChunkedSource extends Pick<ChunkedBody, "body"> {
  /** Fields to send behind the body; none. */
  readonly trailers?: ChunkedBody["trailers"];
}

/** Bounds of {@linkcode chunked}. */
export interface ChunkedOptions extends StepOptions {
  /**
   * Most bytes of everything else, in one body: chunk extensions, which are ignored, and trailers;
   * 16 KiB.
   */
  readonly maxOverhead?: number;
}

const SEMICOLON = 0x3b, CR = 0x0d, LF = 0x0a;
/** More than a safe number has. */
const DIGITS = 16;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// deno-lint-ignore no-control-regex
const VALUE = /^[^\0-\x08\x0a-\x1f\x7f]*$/;

/**
 * Bodies in chunks, as HTTP/1.1 has them (RFC 9112 §7.1): each with its length in hexadecimal digits,
 * one of length 0 at the end, fields behind it, an empty line.
 *
 * Strict where it matters: a length is digits and nothing else, every CRLF is looked at, a lone CR
 * or LF is refused, and so is a field that is none.
 *
 * Limits: `max` bytes of body, 1 MiB; `maxOverhead` of what is not body. End of input: behind the
 * last empty line only.
 *
 * @throws {RangeError} for a bound that is none.
 *
 * @example
 * ```ts
 * import { chunked, parse } from "asynchat";
 *
 * const { decode } = chunked({ max: 1024 });
 * const [message] = parse(decode, "3;ignored\r\nabc\r\n2\r\nde\r\n0\r\nDigest: x\r\n\r\n");
 * if (message?.body.length !== 5) throw new Error("unreachable");
 * if (message.trailers[0]?.join() !== "Digest,x") throw new Error("unreachable");
 * ```
 */
export function chunked(options: ChunkedOptions = {}): Framing<ChunkedBody, ChunkedSource> {
  const max = boundOf(options);
  const { maxOverhead = 16 * 1024 } = options;
  boundOf({ max: maxOverhead });
  return {
    *decode() {
      const body = new Gatherer();
      let room = maxOverhead;
      for (;;) {
        const line = yield* until("\r\n", { max: DIGITS + room });
        const { length, digits } = sizeOf(line);
        room -= line.length - digits;
        if (room < 0) throw overhead(maxOverhead);
        if (length === 0) break;
        if (length > max - body.length) {
          throw new LimitError(
            `a body is longer than ${max} bytes; raise max if the peer is right`,
            max,
            body.length + length,
          );
        }
        body.add(yield* exactly(length, { max }), 0, length);
        body.settle();
        const [cr, lf] = yield* exactly(2);
        if (cr !== CR || lf !== LF) throw protocolError("a chunk does not end with CRLF");
      }
      const trailers: (readonly [string, string])[] = [];
      for (;;) {
        const line = yield* until("\r\n", { max: room });
        if (line.length === 0) return { body: body.take(), trailers };
        // The line's end counts, so that short fields are no way around the bound.
        room -= line.length + 2;
        if (room < 0) throw overhead(maxOverhead);
        trailers.push(fieldOf(line));
      }
    },
    encode({ body, trailers = [] }) {
      if (body.length > max) throw tooLong(body.length, max);
      const fields = encodeText(trailers.map(writeField).join(""));
      if (fields.length > maxOverhead) throw tooLong(fields.length, maxOverhead);
      const chunk = body.length === 0
        ? []
        : [encodeText(`${body.length.toString(16)}\r\n`), body, encodeText("\r\n")];
      return concat([...chunk, encodeText("0\r\n"), fields, encodeText("\r\n")]);
    },
  };
}

/** The length that a chunk's first line tells, and how many digits it takes to do so. */
function sizeOf(line: Uint8Array): { readonly length: number; readonly digits: number } {
  if (line.includes(CR) || line.includes(LF)) {
    throw protocolError("a chunk's first line has a lone CR or LF in it");
  }
  const semicolon = line.indexOf(SEMICOLON);
  let digits = semicolon < 0 ? line.length : semicolon;
  if (semicolon >= 0) {
    // Space is allowed before the semicolon, though nobody should send it.
    while (line[digits - 1] === 0x20 || line[digits - 1] === 0x09) digits--;
  }
  if (digits <= DIGITS) return { length: hexadecimal(line.subarray(0, digits)), digits };
  throw protocolError(`the length of a chunk has more than ${DIGITS} digits`);
}

function fieldOf(line: Uint8Array): readonly [string, string] {
  const text = decodeText(line);
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(0, colon)), value = text.slice(colon + 1);
  if (NAME.test(name) && VALUE.test(value)) return [name, trim(value)];
  throw protocolError("a field behind the body is a name, a colon and a value");
}

function writeField([name, value]: readonly [string, string]): string {
  if (NAME.test(name) && VALUE.test(value) && trim(value) === value) return `${name}: ${value}\r\n`;
  // Neither is shown: a value may be a secret.
  throw protocolError(
    `a field cannot be sent: its name has to be a token, and its value (${value.length} characters) ` +
      "without control characters and without space around it",
  );
}

/** Without space around it. An expression would take quadratic time for spaces inside. */
function trim(value: string): string {
  let start = 0, end = value.length;
  while (start < end && isSpace(value[start])) start++;
  while (end > start && isSpace(value[end - 1])) end--;
  return value.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function overhead(max: number): LimitError {
  return new LimitError(
    `chunk extensions and trailers are longer than ${max} bytes; raise maxOverhead if the peer is ` +
      "right",
    max,
    max + 1,
  );
}
