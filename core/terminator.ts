/**
 * What ends a frame: a delimiter, any of several, a number of bytes, or nothing.
 *
 * @module
 */

import { type AnyOf, compileAnyOf } from "./any_of.ts";
import { compileDelimiter, type Delimiter } from "./delimiter.ts";
import { encode } from "./text.ts";
import { quoted } from "./wording.ts";

/**
 * What ends a frame, as you write it.
 *
 * - a **string** (encoded as UTF-8, once) or **bytes**: a delimiter, of any length;
 * - a **list** of these: any of several delimiters; the leftmost wins, at the same place the
 *   longest. A delimiter that begins a longer one waits for the next byte to decide;
 * - a **number**: that many bytes, an integer from 1 to 2^53 - 1;
 * - **null**, or an empty string, or no bytes: nothing; input is raw and no frame ever ends.
 */
export type Terminator = string | ArrayBufferView | number | null | readonly Delimiting[];

/** One delimiter among several. */
export type Delimiting = string | ArrayBufferView;

/** A number of bytes. */
export interface Count {
  readonly kind: "count";
  /** At least 1. */
  readonly bytes: number;
}

/** Nothing ends a frame. */
export interface Raw {
  readonly kind: "raw";
  /** `0` after a number has been counted down, as in CPython; else `null`. */
  readonly source: null | 0;
}

/** A terminator validated and made ready for the search. Immutable. */
export type CompiledTerminator = Delimiter | AnyOf | Count | Raw;

/** Input is raw until a terminator is set. */
export const RAW: Raw = { kind: "raw", source: null };

/** What is in force after a number was counted down and nothing else was set: input is raw. */
export const SPENT: Raw = { kind: "raw", source: 0 };

/**
 * Validates a terminator and makes it ready. Bytes are copied: changing yours later changes nothing.
 *
 * @throws {RangeError} for 0, a negative or an unsafe number, and for an empty list or an empty
 * delimiter in a list.
 * @throws {TypeError} for anything that is no terminator at all, booleans included.
 */
export function compileTerminator(terminator: Terminator): CompiledTerminator {
  if (terminator === null) return RAW;
  if (typeof terminator === "number") return compileCount(terminator);
  if (typeof terminator === "string") return compileText(terminator);
  if (ArrayBuffer.isView(terminator)) return compileBytes(bytesOf(terminator));
  if (Array.isArray(terminator)) return compileList(terminator);
  throw new TypeError(
    `a terminator is a string, bytes, a list of these, a number of bytes, or null; got ${
      quoted(terminator)
    }`,
  );
}

/** Gives the terminator back as it was set; bytes as a copy, a number as `remaining`. */
export function sourceOf(terminator: CompiledTerminator, remaining: number): Terminator {
  switch (terminator.kind) {
    case "raw":
      return terminator.source;
    case "count":
      return remaining;
    case "delimiter":
      return copy(terminator.source);
    case "any-of":
      return terminator.source.map(copy);
  }
}

/** The bytes under any view, without a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function compileCount(bytes: number): Count {
  if (bytes === 0) {
    throw new RangeError(
      "a terminator of 0 bytes would end at once; when a length is 0, handle the empty frame " +
        "yourself, and for raw input set null",
    );
  }
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new RangeError(`a terminator counts from 1 to 2^53 - 1 bytes; got ${bytes}`);
  }
  return { kind: "count", bytes };
}

/** Protocols switch between a few short strings, often once a frame. */
const compiled = new Map<string, Delimiter>();
const REMEMBERED = 64;

function compileText(text: string): Delimiter | Raw {
  if (text === "") return RAW;
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const delimiter = compileDelimiter(encode(text), text);
  if (text.length <= REMEMBERED && compiled.size < REMEMBERED) compiled.set(text, delimiter);
  return delimiter;
}

function compileBytes(view: Uint8Array): Delimiter | Raw {
  if (view.length === 0) return RAW;
  const bytes = new Uint8Array(view);
  return compileDelimiter(bytes, bytes);
}

function compileList(list: readonly unknown[]): AnyOf {
  if (list.length === 0) throw new RangeError("a list of delimiters needs at least one");
  const source = list.map((item, index) => {
    if (typeof item !== "string" && !ArrayBuffer.isView(item)) {
      throw new TypeError(`delimiter ${index} of the list is ${quoted(item)}, not text or bytes`);
    }
    const own = typeof item === "string" ? item : new Uint8Array(bytesOf(item));
    if (own.length === 0) throw new RangeError(`delimiter ${index} of the list is empty`);
    return own;
  });
  return compileAnyOf(source.map((own) => typeof own === "string" ? encode(own) : own), source);
}

function copy(source: string | Uint8Array): string | Uint8Array {
  return typeof source === "string" ? source : new Uint8Array(source);
}
