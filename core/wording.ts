/**
 * What messages have in common.
 *
 * @module
 */

/** `1 byte`, `2 bytes`, `2 more bytes`. */
export function byteCount(count: number, more = ""): string {
  return `${count} ${more}${count === 1 ? "byte" : "bytes"}`;
}

/** A value that is not what was asked for: `"7000"` is seen not to be `7000`. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
}

/** What happened, and with whom, where that is known. */
export function about(peer: string | undefined, what: string): string {
  return peer === undefined ? what : `${peer}: ${what}`;
}
