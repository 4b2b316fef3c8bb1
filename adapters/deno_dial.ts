/**
 * A connect of Deno's, with the handshake if there has to be one.
 *
 * @module
 */

import type { TlsInfo, TlsOptions } from "../core/tls.ts";
import { connectTls, give, handshake, startTls } from "./deno_tls.ts";
import { explain, type Socket, tune } from "./deno_transport.ts";
import type { Attempt } from "./opening.ts";
import { type ConnectOptions, type Target, tlsOf } from "./options.ts";

/** A connection that stands, and what was agreed on if TLS is spoken. */
export interface Dialled {
  readonly conn: Socket;
  readonly tls: TlsInfo | undefined;
}

/** Begins to connect. */
export function dial(target: Target, options: ConnectOptions): Attempt<Dialled> {
  const cancel = new AbortController();
  let held: Socket | undefined;
  const hold = <Conn extends Socket>(conn: Conn): Conn => {
    held = conn;
    // Too late to cancel, or of a kind that cannot be cancelled.
    if (cancel.signal.aborted) give(conn);
    return conn;
  };
  const tls = tlsOf(options);
  return {
    socket: tls === undefined
      ? plain(target, cancel.signal).then(hold).then((conn) => ({ conn, tls }))
      : secure(target, tls, options, cancel.signal, hold),
    abandon() {
      cancel.abort();
      if (held !== undefined) give(held);
    },
  };
}

async function plain(
  { path, hostname, port, name }: Target,
  signal: AbortSignal,
): Promise<Deno.TcpConn | Deno.UnixConn> {
  try {
    if (path !== undefined) return await Deno.connect({ transport: "unix", path });
    return await Deno.connect({ hostname, port, signal });
  } catch (error) {
    throw explain(error, name);
  }
}

/** By `Deno.startTls` if possible: `Deno.connectTls` cannot be cancelled, nor tuned. */
async function secure(
  target: Target,
  tls: TlsOptions,
  options: ConnectOptions,
  signal: AbortSignal,
  hold: <Conn extends Socket>(conn: Conn) => Conn,
): Promise<Dialled> {
  const { name, hostname } = target;
  const begin = async () => {
    if (tls.cert !== undefined) {
      return await connectTls(target, tls).catch((error) => {
        throw explain(error, name);
      });
    }
    const conn = hold(await plain(target, signal) as Deno.TcpConn);
    tune(conn, options);
    return await startTls(conn, tls, hostname, name);
  };
  const conn = hold(await begin());
  return { conn, tls: await handshake(conn, name) };
}
