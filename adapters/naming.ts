/**
 * How addresses are written, in messages and for users.
 *
 * @module
 */

/** `"127.0.0.1:80"`, `"[::1]:80"`; `"unknown"` for a peer that was gone before it was asked. */
export function nameOf(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return "unknown";
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
