/**
 * A connected socket that may have one owner after the other.
 *
 * @module
 */

import type { ChatError } from "../core/errors.ts";
import type { Detached } from "../core/handover.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { soon } from "./clock.ts";
import type { DriveOptions, Open } from "./driver.ts";

/** What a connection is taken from its owner with. */
type Leaving = Pick<Detached, "input" | "inputEnded" | "attach">;

/**
 * A transport, and where its events go: to its owner, or, while it has none, to the one that comes
 * next, in their order.
 */
export class Connection implements TransportEvents {
  readonly #transport: Transport;
  #owner: TransportEvents | undefined;
  #sizeOf: () => number = () => 1;
  /** What has come while there was no owner. Whatever comes meanwhile waits behind it. */
  readonly #late: ((owner: TransportEvents) => void)[] = [];
  #isClosed = false;

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
    // Whoever is told may give the connection away again.
    while (this.#owner !== undefined && this.#late.length > 0) this.#late.shift()!(this.#owner);
  }

  /** Takes it from its owner. */
  detach(leaving: Leaving, { onclosed, ondetached }: DriveOptions): Detached {
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
    const close = () => {
      if (this.#owner !== undefined) return;
      this.take(own(NOBODY));
      this.tellLate();
      this.close();
    };
    ondetached?.(() => {
      close();
      this.close();
    });
    return {
      ...leaving,
      peer: this.#transport.peer,
      open: (events) => {
        const transport = this.take(own(events));
        // Not before whoever opens it has the transport.
        soon(() => this.tellLate());
        return transport;
      },
      close,
    };
  }

  /** Gives the socket back. */
  close(): void {
    this.#transport.close(false);
  }

  // --- what the transport tells ------------------------------------------------------------------

  data(chunk: Uint8Array): boolean {
    if (this.#owner !== undefined && this.#late.length === 0) return this.#owner.data(chunk);
    // It is lent until the next read, which may begin before it is told.
    const copy = chunk.slice();
    this.#late.push((owner) => void owner.data(copy));
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell((owner) => owner.closed());
  }

  #tell(what: (owner: TransportEvents) => void): void {
    if (this.#owner !== undefined && this.#late.length === 0) what(this.#owner);
    else this.#late.push(what);
  }
}

const NOBODY: TransportEvents = {
  data: () => true,
  ended() {},
  writable() {},
  failed() {},
  closed() {},
};
