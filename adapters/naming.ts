/**
 * What a transport has to know beside its socket, and how addresses are written.
 *
 * @module
 */

import type { TlsInfo } from "../core/tls.ts";
import type { Capabilities } from "../core/transport.ts";
import type { Target } from "./options.ts";

/** What a transport has to know beside its socket. */
export interface Naming {
  /** For messages. */
  readonly peer: string;
  /** Whom a client wants to talk to: the name that a certificate must be for. */
  readonly hostname: string;
  /** It has no addresses, and no reset. */
  readonly isUnix: boolean;
  readonly capabilities: Capabilities;
  /** What was agreed on, when TLS is spoken already. */
  readonly tls?: TlsInfo | undefined;
}

/** Names a connection to `target`, or one that was accepted there. */
export function namingOf(
  { name, hostname, path }: Target,
  capabilities: Capabilities,
  tls?: TlsInfo,
): Naming {
  return { peer: name, hostname, isUnix: path !== undefined, capabilities, tls };
}

/** `"127.0.0.1:80"`, `"[::1]:80"`; `"unknown"` for a peer that was gone before it was asked. */
export function nameOf(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return "unknown";
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
