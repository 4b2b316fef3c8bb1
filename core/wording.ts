/**
 * What messages have in common.
 *
 * @module
 */

/** `1 byte`, `2 bytes`, `2 more bytes`. */
export function byteCount(count: number, more = ""): string {
  return `${count} ${more}${count === 1 ? "byte" : "bytes"}`;
}

/** What happened, and with whom, where that is known. */
export function about(peer: string | undefined, what: string): string {
  return peer === undefined ? what : `${peer}: ${what}`;
}
