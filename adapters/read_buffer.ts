/**
 * Memory that a socket is read into.
 *
 * @module
 */

/** What an idle connection holds, in bytes: nearly every connection is idle, nearly always. */
const SMALLEST = 4 * 1024;

/**
 * One piece of memory, used again and again: small while little comes at a time, and as large as
 * is allowed for a peer that fills it.
 */
export class ReadBuffer {
  #bytes = new Uint8Array(0);
  #wanted = SMALLEST;

  /** The memory for the next read, at most `limit` bytes. What it held is done with. */
  next(limit: number): Uint8Array<ArrayBuffer> {
    const size = Math.min(limit, this.#wanted);
    if (this.#bytes.length !== size) this.#bytes = new Uint8Array(size);
    return this.#bytes;
  }

  /** What the read has brought: the first `size` bytes. */
  filled(size: number): Uint8Array {
    const { length } = this.#bytes;
    if (size === length) this.#wanted = 4 * length;
    else if (size < length / 8) this.#wanted = SMALLEST;
    return this.#bytes.subarray(0, size);
  }
}
