/**
 * A connection of Bun's, as a transport.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { soon } from "./clock.ts";
import { nameOf } from "./naming.ts";
import type { SocketOptions } from "./options.ts";
import { toChatError } from "./system_errors.ts";

/** What `Bun.connect` and `open` give. It carries its transport, once there is one. */
export type Socket = Bun.Socket<BunTransport | undefined>;

/**
 * What Bun calls, for every connection, in this turn or from inside one of the socket's methods.
 *
 * None of them is async: a rejection would go to nobody.
 */
export const HANDLERS: Bun.SocketHandler<BunTransport | undefined> = {
  // A plain view: a Buffer's own slice() does not copy.
  binaryType: "uint8array",
  data: (socket, chunk) => socket.data?.ondata(chunk),
  drain: (socket) => socket.data?.ondrain(),
  end: (socket) => socket.data?.onend(),
  close: (socket, error) => socket.data?.onclose(error),
  // What one of the above threw; nothing of the socket's own comes here.
  error: (_, error) =>
    soon(() => {
      throw error;
    }),
};

/**
 * One connection, whose end Bun tells in more than one way:
 *
 * - a FIN is `end`, but only `close` when it comes after our own;
 * - a reset is `close` with an error; but when a write sees it first, that write answers -1, and
 *   what came before, an `end` and a `close` without error follow;
 * - the peer of a unix socket that is gone altogether is `end`, then `close`, whatever we still do.
 */
export class BunTransport implements Transport {
  readonly peer: string;
  readonly local: string | undefined;
  readonly canReset = true;
  readonly #socket: Socket;
  readonly #events: TransportEvents;
  #reading = false;
  #full = false;
  #shut = false;
  #closing = false;
  #ended = false;
  #failure: ChatError | undefined;
  #failed = false;
  #gone = false;

  /** Takes a socket over that has not told anything yet, and has been paused. */
  constructor(socket: Socket, peer: string, options: SocketOptions, events: TransportEvents) {
    this.peer = peer;
    this.local = socket.localAddress === undefined
      ? undefined
      : nameOf(socket.localAddress, socket.localPort);
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(options.noDelay ?? true);
    socket.setKeepAlive(options.keepAlive ?? false);
    socket.data = this;
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
    else if (reset) this.#socket.terminate();
    else this.#socket.end();
  }

  ondata(chunk: Uint8Array): void {
    // It comes while paused, too, when a reset follows.
    if (!this.#closing && !this.#events.data(chunk)) this.pause();
  }

  ondrain(): void {
    // It comes uncalled for, too.
    if (!this.#full || this.#failure !== undefined) return;
    this.#full = false;
    this.#events.writable();
  }

  onend(): void {
    if (this.#failure !== undefined) this.#tellFailure();
    else this.#tellEnd();
  }

  onclose(error: Error | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    if (this.#closing) return this.#events.closed();
    this.#failure ??= this.#lastWord(error);
    if (this.#failure !== undefined) this.#tellFailure();
    else this.#tellEnd();
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
