/**
 * Transcripts as text: JSON, one entry a line.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "../../limits.ts";
import { bytesOf, type Delimiting, type Terminator } from "../../terminator.ts";
import { encode } from "../../text.ts";
import { latin1 } from "./format.ts";
import {
  type Transcript,
  type TranscriptEnd,
  type TranscriptEntry,
  TranscriptError,
} from "./transcript.ts";
import { checksum } from "./values.ts";

/** What this library writes, and all it reads. */
const VERSION = 1;

/** A byte that text shows as it is, or by a short escape. */
const PLAIN = /[\t\n\r\x20-\x7e]/g;

/** Anything that JSON may hold. */
type Json = { readonly [name: string]: unknown };

/**
 * Writes a transcript as lines of JSON, in ASCII: the format's version and the limits in the first,
 * then one entry a line, then how it ends, at last a checksum of all. Payload is text, one letter a
 * byte, where most of it can be read, else hexadecimal.
 *
 * @example
 * ```ts
 * import { Session } from "asynchat";
 * import { recordTranscript, stringifyTranscript } from "asynchat/testing";
 *
 * const session = new Session();
 * const recording = recordTranscript(session);
 * session.connected();
 * session.receive(new TextEncoder().encode("hi\r\n"));
 *
 * const lines = stringifyTranscript(recording.transcript).split("\n");
 * if (lines[1] !== '{"call":"connected"}') throw new Error(lines[1]);
 * if (lines[2] !== '{"call":"receive","text":"hi\\r\\n"}') throw new Error(lines[2]);
 * ```
 */
export function stringifyTranscript({ payload, limits, entries, end }: Transcript): string {
  const header = { asynchat: "transcript", version: VERSION, payload, limits: limitsOut(limits) };
  const lines = [header, ...entries.map(entryOut), { end }].map(ascii);
  return [...lines, ascii({ sum: sumOf(lines) }), ""].join("\n");
}

/**
 * Reads what {@linkcode stringifyTranscript} has written. Line ends may have been changed on the
 * way, and nothing else.
 *
 * @throws {TranscriptError} for what is no transcript, is of another version, or is not as it was
 * written: cut, or changed.
 *
 * @example
 * ```ts
 * import { Session } from "asynchat";
 * import { parseTranscript, recordTranscript, stringifyTranscript } from "asynchat/testing";
 *
 * const recording = recordTranscript(new Session({ maxFrameLength: 512 }));
 * const text = stringifyTranscript(recording.transcript);
 * const { limits, entries } = parseTranscript(text);
 * if (limits.maxFrameLength !== 512 || entries.length !== 0) throw new Error("unreachable");
 * ```
 */
export function parseTranscript(text: string): Transcript {
  const lines = text.trimEnd().split(/\r?\n/);
  const { asynchat, version, payload, limits } = parseLine(lines, 0);
  if (asynchat !== "transcript") {
    throw new TranscriptError("this is no transcript: its first line does not say that it is one");
  }
  if (version !== VERSION) {
    throw new TranscriptError(
      `the transcript's format is version ${version}; this library reads ${VERSION}`,
    );
  }
  const { sum } = parseLine(lines, lines.length - 1);
  if (sum === undefined) throw new TranscriptError("the transcript was cut: its end is missing");
  lines.pop();
  if (sum !== sumOf(lines)) {
    throw new TranscriptError("the transcript is not as it was written: its checksum is another");
  }
  const { end } = parseLine(lines, lines.length - 1);
  return {
    payload: payload as Transcript["payload"],
    limits: limitsIn(limits as Json),
    entries: lines.slice(1, -1).map((_, index) => entryIn(parseLine(lines, index + 1))),
    end: end as TranscriptEnd,
  };
}

function parseLine(lines: readonly string[], index: number): Json {
  try {
    return JSON.parse(lines[index]!);
  } catch {
    // The parser's own words would show what is in the line.
    throw new TranscriptError(`the transcript was changed: its line ${index + 1} is no JSON`);
  }
}

function sumOf(lines: readonly string[]): number {
  return checksum(encode(lines.join("\n")));
}

/** Other letters are often changed on the way. */
function ascii(value: unknown): string {
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

// --- entries -------------------------------------------------------------------------------------

function entryOut(entry: TranscriptEntry): Json {
  const { depth, call, told, bytes, terminator, value, ...others } = entry;
  return {
    ...(call === undefined ? { told } : { call }),
    ...(depth === 0 ? {} : { depth }),
    ...(bytes === undefined ? {} : bytesOut(bytes)),
    ...(terminator === undefined ? {} : { terminator: terminatorOut(terminator) }),
    ...(value === undefined ? {} : { value: numberOut(value) }),
    ...others,
  };
}

function entryIn(line: Json): TranscriptEntry {
  const { depth = 0, text, hex, terminator, value, ...others } = line;
  return {
    ...others as object,
    depth: depth as number,
    ...(text === undefined && hex === undefined ? {} : { bytes: bytesIn({ text, hex }) }),
    ...(terminator === undefined ? {} : { terminator: terminatorIn(terminator) }),
    ...(value === undefined ? {} : { value: numberIn(value) as number }),
  };
}

function bytesOut(bytes: Uint8Array): Json {
  const text = latin1(bytes);
  const plain = text.match(PLAIN)?.length ?? 0;
  if (4 * plain >= 3 * bytes.length) return { text };
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return { hex };
}

function bytesIn({ text, hex }: Json): Uint8Array {
  if (typeof text === "string") return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  // No bytes at all are written as text.
  const pairs = String(hex).match(/../g)!;
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function terminatorOut(terminator: Terminator): unknown {
  if (typeof terminator !== "object" || terminator === null) return terminator;
  if (ArrayBuffer.isView(terminator)) return bytesOut(bytesOf(terminator));
  return terminator.map((one: Delimiting) => terminatorOut(one));
}

function terminatorIn(terminator: unknown): Terminator {
  if (typeof terminator !== "object" || terminator === null) return terminator as Terminator;
  if (!Array.isArray(terminator)) return bytesIn(terminator as Json);
  return terminator.map((one) => terminatorIn(one) as Delimiting);
}

// --- numbers -------------------------------------------------------------------------------------

/** JSON has no infinity. */
function numberOut(value: unknown): unknown {
  return value === Infinity ? "Infinity" : value;
}

function numberIn(value: unknown): unknown {
  return value === "Infinity" ? Infinity : value;
}

function limitsOut(limits: Required<Limits>): Json {
  return mapped(limits, numberOut);
}

function limitsIn(limits: Json): Required<Limits> {
  return mapped({ ...DEFAULT_LIMITS, ...limits }, numberIn) as unknown as Required<Limits>;
}

function mapped(object: object, change: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
