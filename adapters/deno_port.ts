/**
 * A listener of Deno's, which is asked for each connection.
 *
 * @module
 */

import type { Port } from "./accepting.ts";
import { after, soon } from "./clock.ts";
import { explain, give, type Socket } from "./deno_transport.ts";
import type { ListenOptions, Target } from "./options.ts";

/** How long to wait when the system has no room for one more connection, in milliseconds. */
const ACCEPT_RETRY = 100;

/** Opens it; throws what `listen` has to. */
export function opened(target: Target, { backlog = 511 }: ListenOptions): Promise<Deno.Listener> {
  const { path, hostname, port, name } = target;
  return new Promise((resolve) => {
    try {
      resolve(
        path !== undefined
          ? Deno.listen({ transport: "unix", path })
          : Deno.listen({ hostname, port, tcpBacklog: backlog }),
      );
    } catch (error) {
      throw explain(error, name);
    }
  });
}

/** Accepts until it is stopped. */
export class DenoPort implements Port {
  readonly port: number;
  readonly address: string;
  readonly #listener: Deno.Listener;
  #stopped = false;
  #accepting: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};

  constructor(listener: Deno.Listener, { path = "" }: Target) {
    const { addr } = listener;
    this.#listener = listener;
    this.port = "port" in addr ? addr.port : 0;
    this.address = "hostname" in addr ? addr.hostname : path;
  }

  start(each: (conn: Socket) => void, failed: (error: unknown) => void): void {
    this.#accepting = this.#acceptAll(each, failed);
  }

  /** The address is free again only when the question that is under way has been answered. */
  stop(): Promise<void> {
    this.#stopped = true;
    give(this.#listener);
    this.#wake();
    return this.#accepting;
  }

  /** Not by `for await`: a client that resets before it is accepted would end that. */
  async #acceptAll(each: (conn: Socket) => void, failed: (error: unknown) => void): Promise<void> {
    let failing = false;
    while (!this.#stopped) {
      try {
        const conn = await this.#listener.accept() as Socket;
        failing = false;
        // In a turn of its own: if that throws, it is loud, and does not end the listener.
        soon(() => this.#stopped ? give(conn) : each(conn));
      } catch (error) {
        if (this.#stopped) return;
        if (error instanceof Deno.errors.NotConnected) continue;
        // Such as EMFILE: told once, however long it lasts.
        if (!failing) soon(() => failed(error));
        failing = true;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          after(ACCEPT_RETRY, resolve);
        });
      }
    }
  }
}
