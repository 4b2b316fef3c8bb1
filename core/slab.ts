/**
 * Small pieces of output, put together as they come.
 *
 * @module
 */

import { encodeInto } from "./text.ts";

const NOTHING = new Uint8Array(0);
/** How large it begins, and how large it may become, in bytes. */
const SMALLEST = 1024, LARGEST = 64 * 1024;
/** A unit of a text's length is so many bytes of UTF-8 at most. */
export const WIDEST = 3;

/** The longest piece that is worth copying once more, in bytes. */
export const GATHERED: number = SMALLEST;

/**
 * Where pieces are gathered that leave together anyway: an array and a place in the queue for each
 * of thousands of short answers would cost more than their bytes.
 */
export class Slab {
  #memory = NOTHING;
  #used = 0;

  /** Bytes gathered. */
  get length(): number {
    return this.#used;
  }

  /** Adds text, as UTF-8, or a copy of bytes. Answers how many bytes; 0 when there is no room. */
  add(piece: string | Uint8Array): number {
    const isText = typeof piece === "string";
    if (!this.#makeRoom(isText ? WIDEST * piece.length : piece.length)) return 0;
    let size = piece.length;
    if (isText) size = encodeInto(piece, this.#memory, this.#used);
    else this.#memory.set(piece, this.#used);
    this.#used += size;
    return size;
  }

  /** Takes what was gathered, as the caller's own, and begins anew. */
  take(): Uint8Array {
    const gathered = this.#memory.subarray(0, this.#used);
    this.#memory = NOTHING;
    this.#used = 0;
    return gathered;
  }

  #makeRoom(size: number): boolean {
    const needed = this.#used + size;
    if (needed <= this.#memory.length) return true;
    if (needed > LARGEST) return false;
    let length = Math.max(SMALLEST, this.#memory.length);
    while (length < needed) length *= 4;
    const memory = new Uint8Array(length);
    memory.set(this.#memory.subarray(0, this.#used));
    this.#memory = memory;
    return true;
  }
}
