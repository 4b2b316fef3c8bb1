/**
 * One end of a broken network: what stands between a driver and its transport.
 *
 * @module
 */

import { concat } from "../core/bytes.ts";
import { ChatError } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import type { BrokenNetwork } from "./broken_network.ts";

const NOTHING = new Uint8Array(0);

/** One end: a transport to its driver, and what a transport tells to the one below. */
export class End implements TransportEvents, Transport {
  readonly #network: BrokenNetwork;
  readonly #index: number;
  readonly #events: TransportEvents;
  #below: Transport | undefined;
  #wanted = false;
  #moving = false;
  /** What came from below and has not arrived. */
  #chunk = NOTHING;
  /** What has arrived and is borrowed. */
  #lent = NOTHING;
  #arrived = 0;
  #end: "none" | "due" | "told" = "none";
  #failure: ChatError | undefined;
  #isWritable = false;
  #finDue = false;
  #reset = false;
  #closed = false;

  constructor(network: BrokenNetwork, index: number, events: TransportEvents) {
    this.#network = network;
    this.#index = index;
    this.#events = events;
  }

  over(below: Transport): Transport {
    this.#below = below;
    return this;
  }

  // --- what the driver asks ----------------------------------------------------------------------

  get peer(): string {
    return this.#below!.peer;
  }

  get local(): string | undefined {
    return this.#below!.local;
  }

  get canReset(): boolean {
    return this.#below!.canReset;
  }

  resume(): void {
    this.#wanted = true;
    this.move();
  }

  pause(): void {
    this.#wanted = false;
  }

  write(bytes: Uint8Array): number | Promise<number> {
    if (this.#network.isStalled) {
      this.#isWritable = true;
      return 0;
    }
    const part = bytes.subarray(0, this.#network.part(bytes.length));
    const taken = this.#below!.write(part);
    // The one below says itself when there is room again, unless it was us who took too little.
    if (taken === part.length && taken < bytes.length) this.writable();
    return taken;
  }

  end(): void {
    this.#finDue = true;
    this.move();
  }

  close(reset: boolean): void {
    this.#closed = true;
    this.#below!.close(reset || this.#reset);
  }

  // --- what the transport below tells ------------------------------------------------------------

  data(chunk: Uint8Array): boolean {
    // After an end that was told too early the rest is lost.
    if (this.#end === "told") return true;
    // Some tell a chunk more that was on its way when they were told to pause.
    this.#chunk = concat([this.#chunk, chunk]);
    this.#below!.pause();
    this.move();
    return false;
  }

  ended(): void {
    if (this.#end === "none") this.#end = "due";
    this.move();
  }

  writable(): void {
    this.#isWritable = true;
    this.move();
  }

  failed(error: ChatError): void {
    this.#failure ??= error;
    this.move();
  }

  closed(): void {
    this.#events.closed();
  }

  // --- the way between ---------------------------------------------------------------------------

  /** Lets happen one thing that is due, some turns later. */
  move(): void {
    if (this.#moving) return;
    this.#moving = true;
    this.#network.later(() => {
      this.#moving = false;
      if (this.#closed || this.#network.isStalled || !this.#happens()) return;
      this.move();
    });
  }

  #happens(): boolean {
    if (this.#finDue) {
      this.#finDue = false;
      this.#below!.end();
      return true;
    }
    if (this.#isWritable) {
      this.#isWritable = false;
      this.#events.writable();
      return true;
    }
    if (this.#failure !== undefined) {
      this.#events.failed(this.#failure);
      return false;
    }
    return this.#wanted && this.#end !== "told" && this.#arrives();
  }

  #arrives(): boolean {
    this.#lent.fill(0xa5);
    const left = this.#network.left(this.#index, this.#arrived);
    if (left <= 0) return this.#break();
    if (this.#chunk.length > 0) {
      const size = this.#network.part(Math.min(this.#chunk.length, left));
      this.#lent = this.#chunk.slice(0, size);
      this.#chunk = this.#chunk.subarray(size);
      this.#arrived += size;
      this.#wanted = this.#events.data(this.#lent);
      return true;
    }
    if (this.#end === "due") {
      this.#end = "told";
      this.#events.ended();
    } else {
      this.#below!.resume();
    }
    return false;
  }

  #break(): boolean {
    const what = this.#network.break();
    if (what === "fin") {
      this.#end = "told";
      this.#chunk = NOTHING;
      this.#events.ended();
      this.#below!.resume();
    } else if (what === "reset") {
      this.#reset = true;
      this.#failure = new ChatError("reset", "the network between has cut the connection");
    }
    return true;
  }
}
