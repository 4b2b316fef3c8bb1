/**
 * A connection of Deno's, as a transport.
 *
 * @module
 */

import type { ChatError } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { soon } from "./clock.ts";
import { nameOf } from "./naming.ts";
import type { SocketOptions } from "./options.ts";
import { Pulling } from "./pulling.ts";
import { chatErrorOf, toChatError } from "./system_errors.ts";

/** What `Deno.connect` and `accept` give. */
export type Socket = Deno.TcpConn | Deno.UnixConn;

/**
 * Makes a transport of a connection.
 *
 * Never by `readable` and `writable`: they close the whole connection when one side ends.
 *
 * @param sizeOf how many bytes the next read asks for
 */
export function transportOf(
  conn: Socket,
  peer: string,
  options: SocketOptions,
  events: TransportEvents,
  sizeOf: () => number,
): Transport {
  tune(conn, options);
  let buffer = new Uint8Array(0);
  const input = new Pulling({
    async read() {
      // The bytes of the last answer are done with: the same memory may take the next.
      const size = sizeOf();
      if (buffer.length !== size) buffer = new Uint8Array(size);
      const taken = await conn.read(buffer);
      return taken === null ? null : buffer.subarray(0, taken);
    },
    explain: (error) => explain(error, peer),
  }, events);
  const failed = async (error: unknown) => {
    await input.fail(explain(error, peer));
    return 0;
  };
  let closed = false;
  return {
    peer,
    local: addressOf(conn.localAddr),
    canReset: false,
    resume: () => input.resume(),
    pause: () => input.pause(),
    write: (bytes) => conn.write(bytes).catch(failed),
    end: () => void conn.closeWrite().catch(failed),
    close() {
      if (closed) return;
      closed = true;
      input.stop();
      give(conn);
      soon(() => events.closed());
    },
  };
}

/** `"127.0.0.1:80"`; `undefined` for a unix socket. */
export function addressOf(address: Deno.Addr): string | undefined {
  return "hostname" in address ? nameOf(address.hostname, address.port) : undefined;
}

/** Closes what may have been closed already, or cannot be: a second `close()` throws. */
export function give(back: { close(): void }): void {
  try {
    back.close();
  } catch {
    // It is gone, which is what was asked for.
  }
}

function tune(conn: Socket, options: SocketOptions): void {
  if (!("setNoDelay" in conn)) return;
  try {
    conn.setNoDelay(options.noDelay ?? true);
    conn.setKeepAlive(options.keepAlive ?? false);
  } catch {
    // Reset before it could be tuned, as some systems say: the first read will tell.
  }
}

/** Puts Deno's error into our words. A name that does not resolve has no code. */
export function explain(error: unknown, peer: string): ChatError {
  if (error instanceof URIError) return chatErrorOf("dns", error, peer);
  if (error instanceof Error && LOOKUP.test(error.message)) return chatErrorOf("dns", error, peer);
  return toChatError(error, peer);
}

/** How the message of a failed lookup begins, on Unix and on Windows. */
const LOOKUP = /^failed to lookup address|^No such host is known/;
