/**
 * What a transport has to know beside its socket, and how addresses are written.
 *
 * @module
 */

import type { TlsInfo } from "../core/tls.ts";
import type { Capabilities } from "../core/transport.ts";

/** What a transport has to know beside its socket. */
export interface Naming {
  /** For messages. */
  readonly peer: string;
  /** Whom a client wants to talk to: the name that a certificate must be for. */
  readonly hostname: string;
  readonly capabilities: Capabilities;
  /** What was agreed on, when TLS is spoken already. */
  readonly tls?: TlsInfo | undefined;
}

/** `"127.0.0.1:80"`, `"[::1]:80"`; `"unknown"` for a peer that was gone before it was asked. */
export function nameOf(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return "unknown";
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
