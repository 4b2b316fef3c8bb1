/**
 * Collects the pieces of a frame.
 *
 * @module
 */

import { concat } from "./bytes.ts";
import { decode } from "./text.ts";

const slice = Uint8Array.prototype.slice;
const NOTHING = new Uint8Array(0);

/** Below this size a piece is copied into a shared block: thousands of tiny arrays cost more. */
const SMALL = 4 * 1024;
const FIRST_BLOCK = 256;
const LARGEST_BLOCK = 64 * 1024;

/**
 * The bytes of a frame under way, and nothing but them: what is kept is copied, once.
 *
 * A frame that came in one piece and is taken before {@linkcode settle} is copied only when taken.
 * Memory stays below twice the bytes held, however small the pieces.
 */
export class Gatherer {
  /** Bytes held. */
  length = 0;

  #source: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  #parts: Uint8Array[] = [];
  #block = NOTHING;
  #used = 0;

  /** Takes note of `source[start, end)`, which is borrowed until {@linkcode settle}. */
  add(source: Uint8Array, start: number, end: number): void {
    const wasEmpty = this.length === 0;
    this.length += end - start;
    if (wasEmpty) {
      this.#source = source;
      this.#start = start;
      this.#end = end;
      return;
    }
    this.settle();
    this.#copy(source, start, end);
  }

  /** Copies what is still borrowed. */
  settle(): void {
    const source = this.#source;
    if (source === undefined) return;
    this.#source = undefined;
    this.#copy(source, this.#start, this.#end);
  }

  /** Hands the bytes out, as the caller's own, and holds none any more. */
  take(): Uint8Array {
    const bytes = this.#source === undefined
      ? this.#join()
      : slice.call(this.#source, this.#start, this.#end);
    this.clear();
    return bytes;
  }

  /** Hands the bytes out as text. A frame that came in one piece is not copied. */
  takeText(): string {
    // A small array of one's own costs more than decoding it, on some engines ten times as much.
    const text = decode(this.#source?.subarray(this.#start, this.#end) ?? this.#join());
    this.clear();
    return text;
  }

  /** Drops everything. */
  clear(): void {
    this.length = 0;
    this.#source = undefined;
    this.#used = 0;
    if (this.#parts.length > 0) this.#parts = [];
    // A frame of megabytes shall not leave its last block behind.
    if (this.#block.length > SMALL) this.#block = NOTHING;
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (size >= SMALL) {
      this.#closeBlock();
      this.#parts.push(slice.call(source, start, end));
      return;
    }
    if (this.#used + size > this.#block.length) {
      // As much again as is held, so that few blocks hold many pieces and little is left over.
      const next = Math.min(Math.max(FIRST_BLOCK, this.length), LARGEST_BLOCK);
      this.#closeBlock();
      this.#block = new Uint8Array(Math.max(next, size));
    }
    this.#block.set(source.subarray(start, end), this.#used);
    this.#used += size;
  }

  #closeBlock(): void {
    if (this.#used > 0) this.#parts.push(this.#block.subarray(0, this.#used));
    this.#block = NOTHING;
    this.#used = 0;
  }

  #join(): Uint8Array {
    const last = this.#block.subarray(0, this.#used);
    return concat([...this.#parts, last]);
  }
}
