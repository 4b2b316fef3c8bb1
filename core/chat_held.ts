/**
 * Bytes that outlive the chunk they came in, in one piece.
 *
 * @module
 */

const NOTHING = new Uint8Array(0);
const SMALLEST = 256;
/** What an empty buffer may keep; a frame of megabytes shall not leave its memory behind. */
const KEPT = 4 * 1024;

/** A buffer that is filled at its end and emptied from its beginning, each in linear time. */
export class Held {
  #bytes = NOTHING;
  #start = 0;
  #end = 0;

  /** Bytes held. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The bytes themselves, without a copy: valid until the next call. */
  view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Copies `source[from, source.length)` to the end. */
  add(source: Uint8Array, from: number): void {
    const part = source.subarray(from);
    this.#makeRoom(part.length);
    this.#bytes.set(part, this.#end);
    this.#end += part.length;
  }

  /** Drops so many bytes at the beginning. */
  drop(size: number): void {
    this.#start += size;
    if (this.#start < this.#end) return;
    this.#start = this.#end = 0;
    if (this.#bytes.length > KEPT) this.#bytes = NOTHING;
  }

  /** Drops everything. */
  clear(): void {
    this.drop(this.length);
  }

  #makeRoom(size: number): void {
    if (this.#end + size <= this.#bytes.length) return;
    const needed = this.length + size;
    // Moved only when at least as much has been dropped, so that each byte pays for one other.
    const roomy = needed <= this.#bytes.length && this.#start >= this.length;
    const bytes = roomy ? this.#bytes : new Uint8Array(Math.max(SMALLEST, needed, 2 * this.length));
    bytes.set(this.view());
    this.#bytes = bytes;
    this.#end = this.length;
    this.#start = 0;
  }
}
