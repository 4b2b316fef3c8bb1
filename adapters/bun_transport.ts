/**
 * A connection of Bun's, as a transport.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { StartTlsOptions, TlsInfo, TlsUpgrade } from "../core/tls.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { HANDLERS, type Socket, type Told } from "./bun_handlers.ts";
import { bunOptions, Handshake, infoOf } from "./bun_tls.ts";
import { after } from "./clock.ts";
import { nameOf, type Naming } from "./naming.ts";
import type { SocketOptions } from "./options.ts";
import { tlsError, toChatError } from "./system_errors.ts";
import { checkStartTls, type Role } from "./tls_options.ts";

/** How long a peer may take for the last bytes that Bun has not given to the system yet. */
const LINGER = 30_000;

const NOTHING = new Uint8Array(0);

/** Makes the transport of a socket that has not told anything yet, and has been paused. */
export function transportOf(
  socket: Socket,
  naming: Naming,
  options: SocketOptions,
  events: TransportEvents,
): Transport {
  socket.setNoDelay(options.noDelay ?? true);
  socket.setKeepAlive(options.keepAlive ?? false);
  const transport = new BunTransport(socket, naming, events);
  if (options.startTls !== true) return transport;
  return Object.assign(transport, {
    checkTls: (role: Role, tls: StartTlsOptions) => checkStartTls(role, tls, naming.capabilities),
    startTls: (upgrade: TlsUpgrade) => transport.upgrade(upgrade, naming.hostname),
  });
}

/**
 * One connection, whose end Bun tells in more than one way:
 *
 * - a FIN is `end`, but only `close` when it comes after our own;
 * - a reset is `close` with an error; but when a write sees it first, that write answers -1, and
 *   what came before, an `end` and a `close` without error follow;
 * - the peer of a unix socket that is gone altogether is `end`, then `close`, whatever we still do.
 */
class BunTransport implements Transport, Told {
  readonly peer: string;
  readonly local: string | undefined;
  readonly canReset: boolean;
  readonly #events: TransportEvents;
  #socket: Socket;
  #tls: TlsInfo | undefined;
  #shaking = false;
  #reading = false;
  #full = false;
  #shut = false;
  #closing = false;
  #ended = false;
  #failure: ChatError | undefined;
  #failed = false;
  #gone = false;
  #callOff = () => {};

  constructor(socket: Socket, { peer, isUnix, tls }: Naming, events: TransportEvents) {
    this.peer = peer;
    this.local = socket.localAddress === undefined
      ? undefined
      : nameOf(socket.localAddress, socket.localPort);
    this.canReset = !isUnix;
    this.#socket = socket;
    this.#events = events;
    this.#tls = tls;
    socket.data = this;
  }

  get tls(): TlsInfo | undefined {
    return this.#tls;
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#socket.resume();
  }

  pause(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#socket.pause();
    this.#tellFailure();
  }

  write(bytes: Uint8Array): number {
    const taken = this.#socket.write(bytes);
    this.#full = taken < bytes.length;
    if (taken >= 0) return taken;
    this.#failure ??= this.#cut("a write failed");
    // While input is wanted, what came before is told first.
    if (!this.#reading || this.#ended) this.#tellFailure();
    return 0;
  }

  end(): void {
    this.#shut = true;
    // Not end(): that would close both sides.
    this.#socket.shutdown();
  }

  close(reset: boolean): void {
    if (this.#closing) return;
    // First, as Bun calls onclose from inside.
    this.#closing = true;
    if (this.#gone) this.#events.closed();
    else if (reset || this.#shaking) this.#socket.terminate();
    else if (this.#tls !== undefined) this.#closeSecure();
    else this.#socket.end();
  }

  async upgrade({ role, options }: TlsUpgrade, hostname: string): Promise<TlsInfo> {
    const handshake = new Handshake(role, options, this.peer, hostname);
    const how = {
      data: handshake,
      tls: bunOptions(options, role === "client" ? hostname : undefined),
      isServer: role === "server",
      socket: HANDLERS,
    };
    const [raw, secure] = this.#socket.upgradeTLS<Told | undefined>(how);
    // It goes on telling what comes, which is now for the handshake, and that it has been closed.
    raw.data = undefined;
    this.#socket = secure;
    this.#shaking = true;
    secure.resume();
    try {
      await handshake.done;
    } catch (error) {
      this.#gone = true;
      if (this.#closing) this.#events.closed();
      throw error;
    }
    this.#shaking = this.#full = this.#reading = false;
    secure.data = this;
    return this.#tls = infoOf(secure);
  }

  ondata(chunk: Uint8Array): void {
    // It comes while paused, too, when a reset follows.
    if (!this.#closing && !this.#events.data(chunk)) this.pause();
  }

  ondrain(): void {
    // It comes uncalled for, too.
    if (this.#closing) return void this.#endFlushed();
    if (!this.#full || this.#failure !== undefined) return;
    this.#full = false;
    this.#events.writable();
  }

  onend(): void {
    if (this.#failure !== undefined) this.#tellFailure();
    else this.#tellEnd();
  }

  onfailure(error: Error): void {
    this.#failure ??= tlsError(error, this.peer);
  }

  onhandshake(): void {}

  onclose(error: Error | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#callOff();
    if (this.#closing) return this.#events.closed();
    this.#failure ??= this.#lastWord(error);
    if (this.#failure !== undefined) this.#tellFailure();
    else this.#tellEnd();
  }

  /**
   * Under TLS, `end()` waits until the peer has taken what Bun keeps for it, and then for its end.
   * Nothing cuts that short, so it is called when there is nothing left to wait for.
   */
  #closeSecure(): void {
    if (this.#full) return this.#socket.terminate();
    if (!this.#shut) this.end();
    if (this.#endFlushed()) return;
    if (!this.#ended) return this.#socket.terminate();
    // Both sides have said all: the last of it may still go out.
    this.#callOff = after(LINGER, () => this.#socket.terminate());
  }

  /** Ends the socket, if everything including the end of our side has gone to the system. */
  #endFlushed(): boolean {
    if (this.#tls === undefined || this.#socket.write(NOTHING) === 0) return false;
    this.#socket.end();
    return true;
  }

  #lastWord(error: Error | undefined): ChatError | undefined {
    if (error !== undefined) return toChatError(error, this.peer);
    // Both sides have ended; or a unix peer is gone altogether, which our next write will find.
    if (this.#shut || (this.#ended && !this.#full)) return undefined;
    return this.#cut("it was closed without a FIN");
  }

  #cut(how: string): ChatError {
    return new ChatError("reset", `${this.peer} cut the connection: ${how}; Bun tells no more`);
  }

  #tellEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended();
  }

  #tellFailure(): void {
    if (this.#failure === undefined || this.#failed) return;
    this.#failed = true;
    this.#events.failed(this.#failure);
  }
}
