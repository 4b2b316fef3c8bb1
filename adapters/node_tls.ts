/**
 * Handshakes on Node's sockets.
 *
 * @module
 */

import { isIP, type Socket } from "node:net";
import {
  connect,
  createServer,
  type SecureContextOptions,
  type Server,
  type TlsOptions as ServerOptions,
  type TLSSocket,
} from "node:tls";
import type { ChatError } from "../core/errors.ts";
import type { TlsInfo, TlsOptions, TlsUpgrade } from "../core/tls.ts";
import { HANDSHAKE_TIMEOUT, lateHandshake } from "./handshake.ts";

import { codeOf, tlsError } from "./system_errors.ts";

/** For handshakes that the driver gives up, in milliseconds: the longest that a timer takes. */
const NO_TIMEOUT = 2 ** 31 - 1;

/**
 * Makes one on a socket that nobody reads from. `hostname` is whom a client wants to talk to.
 *
 * @throws {ChatError} kind `"tls"`, as a rejection; both sockets are still to be destroyed.
 */
export function handshake(
  socket: Socket,
  { role, options, input }: TlsUpgrade,
  hostname: string,
  peer: string,
): Promise<TLSSocket> {
  // The one above tells what is wrong, and an error without a listener ends the process.
  socket.on("error", () => {});
  // Read by the handshake before anything that comes.
  if (input.length > 0) socket.unshift(input);
  return new Promise<TLSSocket>((resolve, fail) => {
    const closed = () => fail(new Error("the peer closed the connection during the handshake"));
    socket.once("close", closed);
    const done = (secure: TLSSocket) => {
      socket.off("close", closed);
      resolve(secure);
    };
    if (role === "client") {
      const secure = connect(clientOptions(socket, options, hostname));
      secure.on("error", fail).once("secureConnect", () => done(secure));
      return;
    }
    // Not listening: it makes one handshake, and checks the client's certificate as it should be.
    const server = secureServer(options, peer, NO_TIMEOUT, done, fail);
    // As on a listener, until the handshake is done.
    socket.allowHalfOpen = false;
    server.emit("connection", socket);
  }).catch((error) => {
    throw tlsError(error, peer);
  });
}

/** A server of a listener, and how to end the handshakes that are under way. */
export interface SecureListener {
  readonly server: Server;
  /** Tells of no handshake any more: who is in the middle of one is cut off. */
  stop(): void;
}

/**
 * Makes the server of a listener; `peerOf` names callers.
 *
 * @throws {ChatError} as {@linkcode secureServer} does.
 */
export function secureListener(
  options: TlsOptions,
  name: string,
  peerOf: (socket: Socket) => string,
  done: (socket: TLSSocket) => void,
  failed: (error: ChatError, peer: string) => void,
  handshakeTimeout: number = HANDSHAKE_TIMEOUT,
): SecureListener {
  const shaking = new Set<Socket>();
  // Of a socket that has been closed nobody knows any more where it came from.
  const names = new WeakMap<Socket, string>();
  let stopped = false;
  const server = secureServer(options, name, handshakeTimeout, (secure) => {
    shaking.delete(below(secure));
    if (stopped) secure.destroy();
    else done(secure);
  }, (error, secure) => {
    const peer = names.get(below(secure)) ?? peerOf(secure);
    // One that takes too long is told, and left open.
    secure.destroy();
    if (stopped) return;
    const isLate = codeOf(error) === "ERR_TLS_HANDSHAKE_TIMEOUT";
    failed(isLate ? lateHandshake(peer, handshakeTimeout) : tlsError(error, peer), peer);
  });
  server.on("connection", (socket: Socket) => {
    names.set(socket, peerOf(socket));
    shaking.add(socket);
    socket.once("close", () => shaking.delete(socket));
  });
  const stop = () => {
    stopped = true;
    for (const socket of shaking) socket.destroy();
  };
  return { server, stop };
}

/** The socket that a handshake is made on: Node knows, and has no public way to say so. */
function below(secure: TLSSocket): Socket {
  return (secure as TLSSocket & { readonly _parent?: Socket })._parent ?? secure;
}

/**
 * A server that tells of handshakes that are done, and of those that failed.
 *
 * @throws {ChatError} kind `"tls"` for a certificate that is of no use; `name` is for its message.
 */
function secureServer(
  options: TlsOptions,
  name: string,
  handshakeTimeout: number,
  done: (socket: TLSSocket) => void,
  failed: (error: unknown, socket: TLSSocket) => void,
): Server {
  const { requestCert = false, rejectUnauthorized = true } = options;
  const settings: ServerOptions & { pauseOnConnect: boolean } = {
    ...credentials(options),
    requestCert,
    rejectUnauthorized,
    pauseOnConnect: true,
    handshakeTimeout,
  };
  const accepted = (socket: TLSSocket) => {
    // Not before: of a client that leaves in the middle of its handshake nobody would be told.
    socket.allowHalfOpen = true;
    done(socket);
  };
  try {
    return createServer(settings, accepted).on("tlsClientError", failed);
  } catch (error) {
    throw tlsError(error, name);
  }
}

/** What the two sides have agreed on. */
export function infoOf(socket: TLSSocket): TlsInfo {
  return {
    alpn: socket.alpnProtocol || undefined,
    version: socket.getProtocol() ?? undefined,
  };
}

function clientOptions(socket: Socket, options: TlsOptions, hostname: string) {
  const { serverName = hostname, rejectUnauthorized = true } = options;
  return {
    ...credentials(options),
    socket,
    rejectUnauthorized,
    // The name that is verified; an address is no name that may be sent (RFC 6066 §3).
    host: serverName,
    servername: isIP(serverName) === 0 ? serverName : "",
  };
}

function credentials({ ca, cert, key, alpn }: TlsOptions): SecureContextOptions & {
  ALPNProtocols?: string[];
} {
  return {
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
  };
}
