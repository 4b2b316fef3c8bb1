/**
 * What a line of a vectors file holds. `oracle/README.md` describes it in full.
 *
 * @module
 */

import { QUIRKS } from "./vector_quirks.ts";

/** A terminator in a vector: bytes (a code point each), a count, or raw. */
export type VectorTerminator = string | number | null;

/** What a callback, or the script itself, does. */
export type VectorAction =
  | readonly ["term", VectorTerminator]
  | readonly ["push" | "pushp", string]
  | readonly ["prod", readonly string[]]
  | readonly ["cwd" | "discard" | "close" | "raise" | "get"];

/** What the script does: an action, or what happens at the socket. */
export type VectorOp =
  | VectorAction
  | readonly ["feed", string]
  | readonly ["rerr" | "werr", string]
  | readonly ["room", number | null]
  | readonly ["eof" | "connect"];

/** What was seen. */
export type VectorEvent =
  | "f"
  | "connect"
  | "close"
  | readonly ["d" | "o" | "err" | "throw", string]
  | readonly ["m", number]
  | readonly ["term", VectorTerminator];

/** One recorded conversation: a line of a vectors file. */
export interface Vector {
  /** Its name. */
  readonly id: string;
  /** What its script aims at. */
  readonly fam: string;
  /** Bytes of one read at most. */
  readonly in: number;
  /** Bytes of one write at most. */
  readonly out: number;
  /** 1: connected from the start. */
  readonly conn: 0 | 1;
  /** What an error callback does: closes, or keeps the channel open. */
  readonly he: "close" | "keep";
  /** `"data"`: which of {@linkcode pol} a found callback runs is decided by its frame's bytes. */
  readonly by?: "data";
  /** What each found callback does, in turn, or by the sum of its frame's bytes. */
  readonly pol: readonly (readonly VectorAction[])[];
  /** What a collect callback does, by its number. */
  readonly cpol?: Readonly<Record<string, readonly VectorAction[]>>;
  /** What the connect callback does. */
  readonly kpol?: readonly VectorAction[];
  /** Each op, and what was seen. */
  readonly steps: readonly (readonly [VectorOp, readonly VectorEvent[]])[];
  /** What was left after the last step. */
  readonly end: {
    readonly term: VectorTerminator;
    readonly held: string;
    readonly fifo: number;
    readonly pend: number;
    readonly open: 0 | 1;
  };
  /** The quirks, each with the first step where it can show. */
  readonly q: Readonly<Record<string, number>>;
}

/**
 * Reads one line of a vectors file.
 *
 * @throws {SyntaxError} when it is no vector, or names a quirk that {@linkcode QUIRKS} has not.
 */
export function parseVector(line: string): Vector {
  const vector = JSON.parse(line) as Vector;
  const missing = ["id", "fam", "in", "out", "conn", "he", "pol", "steps", "end", "q"]
    .filter((key) => !(typeof vector === "object" && vector !== null && key in vector));
  if (missing.length > 0) throw new SyntaxError(`no vector: it has no ${missing.join(", ")}`);
  const unknown = Object.keys(vector.q).filter((tag) => QUIRKS[tag] === undefined);
  if (unknown.length > 0) {
    throw new SyntaxError(`vector ${vector.id} names unknown quirks: ${unknown.join(", ")}`);
  }
  return vector;
}
