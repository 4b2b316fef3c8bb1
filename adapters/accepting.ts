/**
 * What every listener does with a connection that the runtime has accepted.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import { ChatError } from "../core/errors.ts";
import { reportTo } from "./clock.ts";
import { dismiss, drive, type Open } from "./driver.ts";
import { checkFunction } from "./names.ts";
import type { ChatFactory, CloseOptions, Listener, ListenOptions } from "./options.ts";

/** The runtime's own listener, as far as it is needed here. */
export interface Port {
  /** Where it listens; 0 for a unix socket. */
  readonly port: number;
  /** The address it is bound to, or the path of the unix socket. */
  readonly address: string;
  /** Accepts no more. Resolves when the address is free again, and never rejects. */
  stop(): Promise<void>;
}

/** A conversation, or whoever has the connection that it has given away. */
interface Owner {
  abort(reason: unknown): void;
}

/**
 * The connections of one listener, each with its own conversation: what an adapter's `listen` tells
 * of every connection that the runtime has accepted.
 */
export class Accepting {
  readonly #factory: ChatFactory;
  readonly #options: ListenOptions;
  /** Who has each of them. */
  readonly #owners = new Set<Owner>();
  #isAborted = false;
  #onempty: (() => void) | undefined;

  /** @throws {TypeError} for a factory that is no function. */
  constructor(options: ListenOptions, factory: ChatFactory) {
    checkFunction(factory, "listen() needs a function that makes an AsyncChat for each connection");
    this.#options = options;
    this.#factory = factory;
  }

  /** How many stand. */
  get size(): number {
    return this.#owners.size;
  }

  /**
   * Starts the conversation of an accepted connection. Never throws: a factory that does is
   * reported, and costs its own connection.
   *
   * @param peer the caller, as messages shall name it
   * @param open makes the transport of its socket; called once
   * @returns the conversation; `undefined` when there is none, and the socket has been given back
   */
  accept(peer: string, open: Open): AsyncChat | undefined {
    let chat: AsyncChat;
    try {
      chat = this.#factory(peer);
    } catch (error) {
      this.report(error, peer);
      dismiss(open);
      return undefined;
    }
    let owner: Owner = chat;
    this.#owners.add(owner);
    const change = (next: Owner) => {
      this.#owners.delete(owner);
      this.#owners.add(owner = next);
    };
    try {
      drive(chat, open, {
        role: "server",
        onerror: this.#options.onerror,
        onclosed: () => this.#forget(owner),
        ondetached: (close) => change({ abort: close }),
        onattached: change,
      });
    } catch (error) {
      this.#forget(chat);
      this.report(error, peer);
      return undefined;
    }
    // By its own factory, perhaps, when nobody knew of it yet.
    if (this.#isAborted) abort(owner);
    return chat;
  }

  #forget(owner: Owner): void {
    this.#owners.delete(owner);
    if (this.#owners.size === 0) this.#onempty?.();
  }

  /** Shows an error of the listener, or of the factory. */
  report(error: unknown, peer: string): void {
    reportTo(this.#options.onerror, error, peer);
  }

  /** Aborts all that stand, and whatever is still accepted. */
  abort(): void {
    this.#isAborted = true;
    for (const owner of this.#owners) abort(owner);
  }

  /** Resolves when none stands. To be asked once, when no more are accepted. */
  empty(): Promise<void> {
    if (this.#owners.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onempty = resolve);
  }
}

function abort(owner: Owner): void {
  owner.abort(new ChatError("aborted", "the listener was closed with force"));
}

/**
 * Makes the {@linkcode Listener} of a runtime's own one, which is closed when the signal of `options`
 * is given, also when it has been already.
 */
export function listenerOf(port: Port, accepting: Accepting, options: ListenOptions): Listener {
  let closing: Promise<void> | undefined;
  let finish: () => void = () => {};
  const closed = new Promise<void>((resolve) => finish = resolve);

  const close = ({ force = false }: CloseOptions = {}) => {
    closing ??= port.stop().then(() => accepting.empty()).then(() => {
      options.signal?.removeEventListener("abort", onabort);
      finish();
    });
    if (force) accepting.abort();
    return closing;
  };
  const onabort = () => void close();
  options.signal?.addEventListener("abort", onabort);
  if (options.signal?.aborted) onabort();

  return {
    port: port.port,
    address: port.address,
    get connections() {
      return accepting.size;
    },
    closed,
    close,
    [Symbol.asyncDispose]: () => close({ force: true }),
  };
}
