/**
 * A connected socket that may have one owner after the other.
 *
 * @module
 */

import type { ChatError } from "../core/errors.ts";
import type { Detached } from "../core/handover.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import type { Open } from "./driver.ts";

/** What a connection is taken from its owner with. */
type Leaving = Pick<Detached, "input" | "inputEnded" | "attach">;

/**
 * A transport, and where its events go: to its owner, or, while it has none, to the one that comes
 * next. A chunk that comes in between is lent as ever: nothing more comes before it is told.
 */
export class Connection implements TransportEvents {
  readonly #transport: Transport;
  #owner: TransportEvents | undefined;
  #sizeOf: () => number = () => 1;
  #late: ((owner: TransportEvents) => void)[] = [];

  /** Opens the transport; nothing is told, and nothing read, before somebody takes it. */
  constructor(open: Open) {
    this.#transport = open(this, () => this.#sizeOf());
  }

  /**
   * Makes `owner` the one who is told. What happened meanwhile is told by {@linkcode tellLate}.
   *
   * @throws {Error} when there is one.
   */
  take(owner: TransportEvents, sizeOf?: () => number): Transport {
    this.needFree();
    this.#owner = owner;
    if (sizeOf !== undefined) this.#sizeOf = sizeOf;
    return this.#transport;
  }

  /**
   * Looks whether {@linkcode take} is possible.
   *
   * @throws {Error} when there is an owner.
   */
  needFree(): void {
    if (this.#owner !== undefined) throw new Error("the connection has been taken already");
  }

  /** Tells the owner what has happened while there was none. */
  tellLate(): void {
    for (const tell of this.#late.splice(0)) tell(this.#owner!);
  }

  /** Takes it from its owner. `onclosed` is called when it is gone and nobody has attached. */
  detach(leaving: Leaving, onclosed: (() => void) | undefined): Detached {
    this.#owner = undefined;
    const own = (events: TransportEvents): TransportEvents => ({
      data: (chunk) => events.data(chunk),
      ended: () => events.ended(),
      writable: () => events.writable(),
      failed: (error) => events.failed(error),
      closed() {
        events.closed();
        onclosed?.();
      },
    });
    return {
      ...leaving,
      peer: this.#transport.peer,
      open: (events) => {
        const transport = this.take(own(events));
        this.tellLate();
        return transport;
      },
      close: () => {
        if (this.#owner !== undefined) return;
        this.take(own(NOBODY));
        this.close();
      },
    };
  }

  /** Gives the socket back. */
  close(): void {
    this.#transport.close(false);
  }

  // --- what the transport tells ------------------------------------------------------------------

  data(chunk: Uint8Array): boolean {
    if (this.#owner !== undefined) return this.#owner.data(chunk);
    this.#late.push((owner) => void owner.data(chunk));
    return false;
  }

  ended(): void {
    this.#tell((owner) => owner.ended());
  }

  writable(): void {
    this.#owner?.writable();
  }

  failed(error: ChatError): void {
    this.#tell((owner) => owner.failed(error));
  }

  closed(): void {
    this.#tell((owner) => owner.closed());
  }

  #tell(what: (owner: TransportEvents) => void): void {
    if (this.#owner === undefined) this.#late.push(what);
    else what(this.#owner);
  }
}

const NOBODY: TransportEvents = {
  data: () => true,
  ended() {},
  writable() {},
  failed() {},
  closed() {},
};
