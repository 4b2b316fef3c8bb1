/**
 * A handshake in the middle of a conversation, which cannot take for ever.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { ToTls } from "../core/handover.ts";
import type { TlsInfo } from "../core/tls.ts";
import type { Transport } from "../core/transport.ts";
import { after } from "./clock.ts";

/** How long a handshake may take when nothing else is said, in milliseconds. */
export const HANDSHAKE_TIMEOUT = 30_000;

/** The error for a peer that made no handshake within so many milliseconds. */
export function lateHandshake(peer: string, timeout: number): ChatError {
  return new ChatError(
    "timeout",
    `${peer} made no handshake within ${timeout} ms; does it speak TLS, and is that enough?`,
  );
}

/**
 * Makes it; `input` is what has come of the peer's side of it.
 *
 * @throws {ChatError} kind `"tls"` or `"timeout"`; the transport is then to be closed.
 */
export async function startTls(
  transport: Transport,
  request: ToTls,
  input: Uint8Array,
): Promise<TlsInfo> {
  const { goAhead: _, buffered: __, role: ___, timeout = HANDSHAKE_TIMEOUT, ...options } =
    request.options;
  let callOff = () => {};
  const late = new Promise<never>((_, reject) => {
    callOff = after(timeout, () => reject(lateHandshake(transport.peer, timeout)));
  });
  try {
    const upgrading = transport.startTls!({ role: request.role, options, input });
    return await Promise.race([upgrading, late]);
  } catch (error) {
    throw error instanceof ChatError ? error : new ChatError(
      "tls",
      `no TLS with ${transport.peer}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    callOff();
  }
}
