/**
 * A pair of conversations in one process, with no socket between: for tests and examples.
 *
 * @module asynchat/adapters/memory
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { BrokenNetwork } from "./broken_network.ts";
import { drive, type Open } from "./driver.ts";
import { type Ends, Handshake, transportOf, Wire } from "./memory_wire.ts";

export {
  type Break,
  type Broken,
  BrokenNetwork,
  type BrokenNetworkOptions,
} from "./broken_network.ts";
export type { Open } from "./driver.ts";

/** How the wire between the two behaves. */
export interface MemoryOptions {
  /** Bytes that are under way in each direction at most, as a socket's buffers are; 64 KiB. */
  readonly capacity?: number;
  /** Bytes that are delivered at a time at most; as they were written. */
  readonly segment?: number;
  /**
   * Lets both sides call `startTls()`, as the client and as the server. There is no secret to keep
   * on a wire in memory, so nothing is encrypted and no certificate looked at; everything else is
   * as with TLS: the two have to meet, and plaintext where a handshake is due ends the connection.
   */
  readonly startTls?: boolean;
  /** What lies between the two, and misbehaves; a wire that does not. It does not carry TLS. */
  readonly network?: BrokenNetwork;
  /** Where errors go that nobody handled; `console.error`. */
  readonly onerror?: (error: unknown, peer: string) => void;
}

/**
 * Joins two conversations, of either face, by a wire of limited capacity.
 *
 * It behaves as a TCP connection does: order, backpressure, half-close and reset included. Bytes
 * are copied on the way, so that neither side sees the other's memory.
 *
 * @throws {Error} when one of the two has had its conversation.
 * @throws {RangeError | TypeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { memoryPair } from "asynchat/adapters/memory";
 *
 * const heard: string[] = [];
 * const one = new AsyncChat();
 * const two = new AsyncChat({
 *   terminator: "\n",
 *   foundTerminator() {
 *     heard.push(this.getText());
 *   },
 * });
 * memoryPair(one, two, { segment: 1 });
 * one.push("a\nb\n");
 * one.closeWhenDone();
 * const { reason } = await two.closed;
 * if (heard.join() !== "a,b" || reason !== "ended") throw new Error(`${heard} ${reason}`);
 * ```
 */
export function memoryPair(
  one: AsyncChat | Chat,
  two: AsyncChat | Chat,
  options: MemoryOptions = {},
): void {
  const { capacity = 64 * 1024, segment = capacity, startTls = false, network, onerror } = options;
  if (!(capacity >= 1) || !(segment >= 1)) {
    throw new RangeError("capacity and segment must be at least 1 byte");
  }
  if (network !== undefined && startTls) {
    throw new TypeError("a BrokenNetwork carries no TLS: give either network or startTls");
  }
  const there = new Wire(capacity, segment), back = new Wire(capacity, segment);
  const handshake = startTls ? new Handshake() : undefined;
  const join = (chat: AsyncChat | Chat, ends: Ends, role: "client" | "server") => {
    const open: Open = (events) => transportOf(ends, events, handshake);
    drive(
      "asyncChat" in chat ? chat.asyncChat : chat,
      network === undefined ? open : network.wrap(open),
      { onerror, role },
    );
  };
  const names = { one: "memory:one", two: "memory:two" };
  join(one, { input: back, output: there, peer: names.two, local: names.one }, "client");
  join(two, { input: there, output: back, peer: names.one, local: names.two }, "server");
}
