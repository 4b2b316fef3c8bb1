/**
 * Handshakes on Deno's sockets.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { TlsInfo, TlsOptions } from "../core/tls.ts";
import { after } from "./clock.ts";
import { checkKeys } from "./deno_keys.ts";
import { HANDSHAKE_TIMEOUT, lateHandshake } from "./handshake.ts";
import type { SocketOptions, Target } from "./options.ts";
import { chatErrorOf, tlsError } from "./system_errors.ts";

/**
 * Begins to speak TLS as a client, on a connection that nobody reads from, and that is used up,
 * also when this fails. `hostname` is whom we want to talk to. Nothing has been sent yet.
 *
 * @throws {ChatError} kind `"tls"`, as a rejection.
 */
export async function startTls(
  conn: Deno.TcpConn,
  options: TlsOptions,
  hostname: string,
  peer: string,
): Promise<Deno.TlsConn> {
  const { serverName = hostname } = options;
  try {
    return await Deno.startTls(conn, { hostname: serverName, ...trust(options) });
  } catch (error) {
    give(conn);
    throw handshakeError(error, peer);
  }
}

/**
 * Connects and begins to speak TLS with a certificate of our own, which no other call can show.
 * Throws what Deno does.
 */
export async function connectTls(
  { hostname, port }: Target,
  options: TlsOptions,
): Promise<Deno.TlsConn> {
  const { cert = "", key = "" } = options;
  checkKeys(cert, key);
  return await Deno.connectTls({ hostname, port, ...trust(options), cert, key });
}

/**
 * Listens for clients that speak TLS from the first byte. Throws what Deno does.
 *
 * @throws {ChatError} kind `"tls"` for a certificate that is of no use.
 */
export function listenTls(
  { hostname, port }: Target,
  { alpn, cert = "", key = "" }: TlsOptions,
  tcpBacklog: number,
): Deno.TlsListener {
  checkKeys(cert, key);
  const options = { hostname, port, tcpBacklog, cert, key };
  return Deno.listenTls(alpn === undefined ? options : { ...options, alpnProtocols: [...alpn] });
}

/**
 * Makes the handshake, without which an error would be told by the first read.
 *
 * @throws {ChatError} kind `"tls"`, as a rejection; the connection has been closed then.
 */
export async function handshake(conn: Deno.TlsConn, peer: string): Promise<TlsInfo> {
  try {
    const { alpnProtocol } = await conn.handshake();
    return { alpn: alpnProtocol ?? undefined, version: undefined };
  } catch (error) {
    give(conn);
    throw handshakeError(error, peer);
  }
}

/** Makes a handshake that a client has to go through with in a while; see {@linkcode handshake}. */
export async function handshakeInTime(conn: Deno.TlsConn, peer: string): Promise<TlsInfo> {
  let late = false;
  const callOff = after(HANDSHAKE_TIMEOUT, () => {
    late = true;
    give(conn);
  });
  try {
    return await handshake(conn, peer);
  } catch (error) {
    if (!late) throw error;
    throw lateHandshake(peer, HANDSHAKE_TIMEOUT);
  } finally {
    callOff();
  }
}

/**
 * Looks for what Deno could not do, and would not say.
 *
 * @throws {ChatError} kind `"unsupported"`.
 */
export function checkClient(
  { path, hostname }: Target,
  { serverName = hostname, cert }: TlsOptions = {},
): void {
  if (path !== undefined) throw cannot("TLS on a unix socket");
  if (cert === undefined || serverName === hostname) return;
  throw cannot("a certificate of one's own for a server of another name than the one connected to");
}

/** Does the same for a listener. */
export function checkServer({ path }: Target, { keepAlive }: SocketOptions): void {
  if (path !== undefined) throw cannot("TLS on a unix socket");
  if (keepAlive) throw cannot("keepAlive on connections that were accepted with TLS");
}

/** The error for what Deno cannot do with TLS. */
export function cannot(what: string): ChatError {
  return new ChatError(
    "unsupported",
    `Deno cannot do that: ${what}; leave it away, or put something in front that can`,
  );
}

/** Puts what went wrong in a handshake into our words. */
export function handshakeError(error: unknown, peer: string): ChatError {
  if (error instanceof Deno.errors.UnexpectedEof) {
    const what = `${peer}: the peer closed the connection during the handshake`;
    return new ChatError("tls", what, { cause: error });
  }
  return tlsError(error, peer);
}

/** What TLS says once it is spoken; `undefined` for what it has nothing to do with. */
export function alertError(error: unknown, peer: string): ChatError | undefined {
  if (error instanceof Deno.errors.InvalidData) return chatErrorOf("tls", error, peer);
  if (!(error instanceof Deno.errors.UnexpectedEof)) return undefined;
  const what = `${peer} ended the connection without ending TLS: what was still to come may have ` +
    "been cut off";
  return new ChatError("reset", what, { cause: error });
}

/** Closes what may have been closed already, or cannot be: a second `close()` throws. */
export function give(back: { close(): void }): void {
  try {
    back.close();
  } catch {
    // It is gone, which is what was asked for.
  }
}

function trust({ ca, alpn }: TlsOptions): { caCerts?: string[]; alpnProtocols?: string[] } {
  return {
    ...(ca === undefined ? {} : { caCerts: typeof ca === "string" ? [ca] : [...ca] }),
    ...(alpn === undefined ? {} : { alpnProtocols: [...alpn] }),
  };
}
