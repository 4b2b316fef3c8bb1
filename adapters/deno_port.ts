/**
 * A listener of Deno's, which is asked for each connection.
 *
 * @module
 */

import type { ChatError } from "../core/errors.ts";
import type { TlsInfo } from "../core/tls.ts";
import type { Port } from "./accepting.ts";
import { after, soon } from "./clock.ts";
import { give, handshakeInTime, listenTls } from "./deno_tls.ts";
import { addressOf, explain, type Socket } from "./deno_transport.ts";
import { type ListenOptions, type Target, tlsOf } from "./options.ts";
import { toListenError } from "./system_errors.ts";

/** How long to wait when the system has no room for one more connection, in milliseconds. */
const ACCEPT_RETRY = 100;

/** Opens it; throws what `listen` has to. */
export function opened(target: Target, options: ListenOptions): Promise<Deno.Listener> {
  const { path, hostname, port, name } = target;
  const { backlog = 511 } = options;
  const tls = tlsOf(options);
  return new Promise((resolve) => {
    try {
      resolve(
        path !== undefined
          ? Deno.listen({ transport: "unix", path })
          : tls !== undefined
          ? listenTls(target, tls, backlog)
          : Deno.listen({ hostname, port, tcpBacklog: backlog }),
      );
    } catch (error) {
      throw explain(error, name, toListenError);
    }
  });
}

/** Whom a listener tells. */
interface Told {
  /** A connection has come, and made its handshake if it had to. */
  each(conn: Socket, peer: string, tls: TlsInfo | undefined): void;
  /** One could not be accepted, or made no handshake. */
  failed(error: ChatError, peer: string): void;
}

/** Accepts until it is stopped. */
export class DenoPort implements Port {
  readonly port: number;
  readonly address: string;
  readonly #listener: Deno.Listener;
  readonly #name: string;
  readonly #handshaking = new Set<Deno.TlsConn>();
  #stopped = false;
  #accepting: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};

  constructor(listener: Deno.Listener, { path = "", name }: Target) {
    const { addr } = listener;
    this.#listener = listener;
    this.#name = name;
    this.port = "port" in addr ? addr.port : 0;
    this.address = "hostname" in addr ? addr.hostname : path;
  }

  start(told: Told): void {
    this.#accepting = this.#acceptAll(told);
  }

  /** The address is free again only when the question that is under way has been answered. */
  stop(): Promise<void> {
    this.#stopped = true;
    give(this.#listener);
    for (const conn of this.#handshaking) give(conn);
    this.#wake();
    return this.#accepting;
  }

  /** Not by `for await`: a client that resets before it is accepted would end that. */
  async #acceptAll(told: Told): Promise<void> {
    let failing = false;
    while (!this.#stopped) {
      try {
        const conn = await this.#listener.accept() as Socket;
        failing = false;
        // In a turn of its own: if that throws, it is loud, and does not end the listener.
        soon(() => this.#begin(conn, told));
      } catch (error) {
        if (this.#stopped) return;
        if (error instanceof Deno.errors.NotConnected) continue;
        // Such as EMFILE: told once, however long it lasts.
        if (!failing) {
          soon(() => told.failed(explain(error, this.#name, toListenError), this.#name));
        }
        failing = true;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          after(ACCEPT_RETRY, resolve);
        });
      }
    }
  }

  #begin(conn: Socket, told: Told): void {
    if (this.#stopped) return give(conn);
    const peer = addressOf(conn.remoteAddr) ?? this.#name;
    if ("handshake" in conn) void this.#secure(conn, peer, told);
    else told.each(conn, peer, undefined);
  }

  /** Nobody waits for it: others are accepted meanwhile. */
  async #secure(conn: Deno.TlsConn, peer: string, told: Told): Promise<void> {
    let tls: TlsInfo;
    this.#handshaking.add(conn);
    try {
      tls = await handshakeInTime(conn, peer);
    } catch (error) {
      if (!this.#stopped) told.failed(error as ChatError, peer);
      return;
    } finally {
      this.#handshaking.delete(conn);
    }
    if (this.#stopped) give(conn);
    else told.each(conn, peer, tls);
  }
}
