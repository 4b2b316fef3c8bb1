/**
 * A connection of Node's, as a transport.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { StartTlsOptions, TlsInfo, TlsUpgrade } from "../core/tls.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { after, soon } from "./clock.ts";
import { nameOf, type Naming } from "./naming.ts";
import { handshake, infoOf } from "./node_tls.ts";
import type { SocketOptions } from "./options.ts";
import { toChatError } from "./system_errors.ts";
import { checkStartTls } from "./tls_options.ts";

/** Makes the transport of a socket that is connected, and over TLS if it is a TLS socket. */
export function transportOf(
  socket: Socket | TLSSocket,
  naming: Naming,
  options: SocketOptions,
  events: TransportEvents,
): Transport {
  socket.setNoDelay(options.noDelay ?? true);
  socket.setKeepAlive(options.keepAlive ?? false);
  const transport = new NodeTransport(socket, naming, events);
  if (options.startTls !== true) return transport;
  return Object.assign(transport, {
    checkTls: (role: "client" | "server", tls: StartTlsOptions) =>
      checkStartTls(role, tls, naming.capabilities),
    startTls: (upgrade: TlsUpgrade) => transport.upgrade(upgrade, naming.hostname),
  });
}

const NOTHING = new Uint8Array(0);

/** How long a peer that takes nothing any more may keep us from parting, in milliseconds. */
const PARTING = 1_000;

class NodeTransport implements Transport {
  readonly peer: string;
  readonly local: string | undefined;
  readonly #isUnix: boolean;
  readonly #plain: Socket;
  readonly #events: TransportEvents;
  #socket: Socket | TLSSocket;
  /** Node forgets it with the socket. */
  #tls: TlsInfo | undefined;
  #shaken: boolean;
  #closing = false;
  /** Our end is being said in TLS. */
  #parting = false;
  #callOff = () => {};
  #gone = false;

  constructor(socket: Socket | TLSSocket, { peer, isUnix }: Naming, events: TransportEvents) {
    this.peer = peer;
    this.#isUnix = isUnix;
    this.local = socket.localPort === undefined
      ? undefined
      : nameOf(socket.localAddress, socket.localPort);
    this.#plain = this.#socket = socket;
    this.#events = events;
    this.#tls = isSecure(socket) ? infoOf(socket) : undefined;
    this.#shaken = this.#tls !== undefined;
    // For life: an error without a listener ends the process.
    socket.on("error", (error) => this.#socket === socket && this.#failed(error));
    socket.on("close", () => {
      this.#gone = true;
      // The handshake says in its own words that it is over.
      if (this.#socket === socket && (this.#closing || !this.#isShaking)) events.closed();
    });
    this.#listen(socket);
    socket.pause();
  }

  /** Node resets plain TCP alone: a unix socket, and the one below TLS, would end the process. */
  get canReset(): boolean {
    return !this.#shaken && !this.#isUnix;
  }

  get #isShaking(): boolean {
    return this.#shaken && this.#tls === undefined;
  }

  get tls(): TlsInfo | undefined {
    return this.#tls;
  }

  resume(): void {
    this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve) =>
      this.#socket.write(bytes, (error) => resolve(error ? 0 : bytes.length))
    );
  }

  end(): void {
    const socket = this.#socket;
    if (!isSecure(socket)) return void socket.end();
    this.#parting = true;
    // Node loses the close_notify when it overtakes what the handshake left to be written.
    setImmediate(() =>
      socket.end(() => {
        this.#parting = false;
        if (this.#closing) this.#destroy();
      })
    );
  }

  close(reset: boolean): void {
    this.#closing = true;
    // A handshake that failed may have closed it already.
    if (this.#gone && this.#plain.destroyed) return soon(() => this.#events.closed());
    if (reset && this.canReset) this.#plain.resetAndDestroy();
    // Both sides have ended, and a close_notify that is on its way would be lost.
    if (!this.#parting || !this.#socket.readableEnded) return this.#destroy();
    this.#callOff = after(PARTING, () => this.#destroy());
  }

  #destroy(): void {
    this.#callOff();
    this.#socket.destroy();
    this.#plain.destroy();
  }

  async upgrade(upgrade: TlsUpgrade, hostname: string): Promise<TlsInfo> {
    const plain = this.#plain;
    this.#shaken = true;
    plain.removeAllListeners("data").removeAllListeners("end");
    const secure = await handshake(plain, upgrade, hostname, this.peer);
    this.#socket = secure;
    secure.on("error", (error) => this.#failed(error));
    secure.on("close", () => {
      plain.destroy();
      this.#events.closed();
    });
    this.#listen(secure);
    secure.pause();
    return this.#tls = infoOf(secure);
  }

  #listen(socket: Socket | TLSSocket): void {
    // A plain view: a Buffer's own slice() does not copy.
    socket.on(
      "data",
      (chunk: Buffer) =>
        this.#events.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    );
    socket.on("end", () => this.#ended(socket));
  }

  /**
   * Node 20 tells an end for a reset that it finds together with the last bytes. The next write
   * finds what was hidden, and one of no bytes sends nothing. (A unix socket would find that the
   * peer is gone, which is no failure. While a write is under way, that one will find it.)
   */
  #ended(socket: Socket | TLSSocket): void {
    const cannotAsk = this.#isUnix || isSecure(socket) || !socket.writable ||
      socket.writableLength > 0;
    if (cannotAsk) return this.#events.ended();
    socket.write(NOTHING, (error) => {
      if (!error) this.#events.ended();
    });
  }

  #failed(error: Error): void {
    if (this.#isShaking) return;
    this.#events.failed(toChatError(error, this.peer));
  }
}

function isSecure(socket: Socket | TLSSocket): socket is TLSSocket {
  return "encrypted" in socket && socket.encrypted === true;
}
