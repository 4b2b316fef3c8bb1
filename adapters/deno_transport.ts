/**
 * A connection of Deno's, as a transport.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { soon } from "./clock.ts";
import { alertError, cannot, give, handshake, startTls } from "./deno_tls.ts";
import { nameOf, type Naming } from "./naming.ts";
import type { SocketOptions } from "./options.ts";
import { Pulling, readUnderWay } from "./pulling.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { chatErrorOf, toChatError } from "./system_errors.ts";
import { checkStartTls } from "./tls_options.ts";

/** What `Deno.connect` and `accept` give. */
export type Socket = Deno.TcpConn | Deno.TlsConn | Deno.UnixConn;

/**
 * Makes a transport of a connection.
 *
 * Never by `readable` and `writable`: they close the whole connection when one side ends.
 *
 * @param sizeOf how many bytes the next read may bring
 */
export function transportOf(
  socket: Socket,
  about: Naming,
  options: SocketOptions,
  events: TransportEvents,
  sizeOf: () => number,
): Transport {
  const { peer, hostname, capabilities } = about;
  let { tls } = about;
  let conn = socket;
  tune(conn, options);
  const buffer = new ReadBuffer();
  const input = new Pulling({
    async read() {
      // The bytes of the last answer are done with: the same memory may take the next.
      const memory = buffer.next(sizeOf());
      const taken = await conn.read(memory);
      return taken === null ? null : buffer.filled(memory.subarray(0, taken));
    },
    explain: (error) => explain(error, peer),
  }, events);
  const failed = async (error: unknown) => {
    await input.fail(explain(error, peer));
    return 0;
  };
  let closed = false;
  const transport: Transport = {
    peer,
    local: addressOf(conn.localAddr),
    canReset: false,
    get tls() {
      return tls;
    },
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
  if (options.startTls !== true) return transport;
  return Object.assign<Transport, Partial<Transport>>(transport, {
    checkTls(role, options) {
      checkStartTls(role, options, capabilities);
      if (options.cert !== undefined) throw cannot("a certificate of one's own for startTls()");
      if (input.isReading) throw readUnderWay(peer);
    },
    async startTls({ options }) {
      const secure = await startTls(conn as Deno.TcpConn, options, hostname, peer);
      conn = secure;
      if (closed) give(conn);
      return tls = await handshake(secure, peer);
    },
  });
}

/** `"127.0.0.1:80"`; `undefined` for a unix socket. */
export function addressOf(address: Deno.Addr): string | undefined {
  return "hostname" in address ? nameOf(address.hostname, address.port) : undefined;
}

/** Sets what can be set before TLS begins, and not later. */
export function tune(conn: Socket, options: SocketOptions): void {
  if (!("setNoDelay" in conn)) return;
  try {
    conn.setNoDelay(options.noDelay ?? true);
    conn.setKeepAlive(options.keepAlive ?? false);
  } catch {
    // Reset before it could be tuned, as some systems say: the first read will tell.
  }
}

/** Puts Deno's error into our words. A name that does not resolve has no code. */
export function explain(
  error: unknown,
  peer: string,
  byCode: typeof toChatError = toChatError,
): ChatError {
  if (error instanceof ChatError) return error;
  if (error instanceof URIError) return chatErrorOf("dns", error, peer);
  if (error instanceof Error && LOOKUP.test(error.message)) return chatErrorOf("dns", error, peer);
  return alertError(error, peer) ?? byCode(error, peer);
}

/** How the message of a failed lookup begins, on Unix and on Windows. */
const LOOKUP = /^failed to lookup address|^No such host is known/;
