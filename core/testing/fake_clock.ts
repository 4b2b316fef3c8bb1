/**
 * A clock that stands still until it is moved.
 *
 * @module
 */

import type { AsyncChat } from "../async_chat.ts";
import type { ManualPeer } from "./manual_peer.ts";

/**
 * Tells a conversation the time, and stops at each of its deadlines on the way: what a timeout does
 * is tested without waiting for it.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { FakeClock, ManualPeer } from "asynchat/testing";
 *
 * const chat = new AsyncChat({
 *   idleTimeout: 60_000,
 *   handleTimeout() {
 *     this.push("are you there?\n");
 *   },
 * });
 * const peer = new ManualPeer(chat);
 * const clock = new FakeClock(chat, peer);
 *
 * clock.advance(59_999);
 * if (peer.takeText() !== "") throw new Error("too early");
 * clock.advance(1);
 * if (peer.takeText() !== "are you there?\n") throw new Error("too late");
 * ```
 */
export class FakeClock {
  readonly #chat: AsyncChat;
  readonly #peer: ManualPeer;
  #now = 0;

  /** Begins at 0, and tells so. */
  constructor(chat: AsyncChat, peer: ManualPeer) {
    this.#chat = chat;
    this.#peer = peer;
    peer.tick(0);
  }

  /** What it shows, in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Lets so many milliseconds pass. What happened before counts as having happened just now. */
  advance(milliseconds: number): void {
    this.#peer.tick(this.#now);
    const end = this.#now + milliseconds;
    for (;;) {
      const { deadline = Infinity } = this.#chat.session;
      const next = Math.min(deadline, this.#peer.alarm);
      if (next > end || next === Infinity) break;
      this.#tick(next);
    }
    this.#tick(end);
  }

  #tick(now: number): void {
    this.#now = now;
    this.#peer.tick(now);
    // The answer to what was told, and what the peer took of it, happened now.
    this.#peer.tick(now);
  }
}
