/**
 * TLS from outside: records, of which nothing but kind and size can be seen.
 *
 * @module
 */

const ALERT = 21, APPLICATION_DATA = 23;
/** An alert as TLS 1.3 encrypts it: two bytes, the byte of its kind, and a tag of 16, in bytes. */
const ENCRYPTED_ALERT = 2 + 1 + 16;

/** The last record of those that have come. */
export class Records {
  #head: number[] = [];
  #left = 0;
  #kind = 0;
  #size = 0;

  /** More has come. */
  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const size = Math.min(this.#left, chunk.length - at);
        this.#left -= size;
        at += size;
        continue;
      }
      this.#head.push(chunk[at++]!);
      if (this.#head.length < 5) continue;
      const [kind = 0, , , high = 0, low = 0] = this.#head.splice(0);
      this.#kind = kind;
      this.#left = this.#size = high * 256 + low;
    }
  }

  /** Whether it was an alert, such as a `close_notify`; two bytes of data look the same. */
  get endsWithAlert(): boolean {
    if (this.#left > 0 || this.#head.length > 0) return false;
    return this.#kind === ALERT ||
      (this.#kind === APPLICATION_DATA && this.#size === ENCRYPTED_ALERT);
  }
}
