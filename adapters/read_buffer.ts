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
  #memory: ArrayBufferLike = new ArrayBuffer(0);
  #size = 0;
  #wanted = SMALLEST;

  /** The memory for the next read, at most `limit` bytes. What it held is done with. */
  next(limit: number): Uint8Array<ArrayBuffer> {
    this.#size = Math.min(limit, this.#wanted);
    if (this.#memory.byteLength !== this.#size) this.#memory = new ArrayBuffer(this.#size);
    return new Uint8Array(this.#memory as ArrayBuffer);
  }

  /**
   * What the read has brought, at the beginning of that memory: which may be another object now, as
   * a stream takes what it is lent and gives it back.
   */
  filled(bytes: Uint8Array): Uint8Array {
    this.#memory = bytes.buffer;
    if (bytes.length === this.#size) this.#wanted = 4 * this.#size;
    else if (bytes.length < this.#size / 8) this.#wanted = SMALLEST;
    return bytes;
  }
}
