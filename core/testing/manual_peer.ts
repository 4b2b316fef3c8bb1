/**
 * The other end of a conversation, moved by hand.
 *
 * @module
 */

import type { AsyncChat } from "../async_chat.ts";
import { concat } from "../bytes.ts";
import { ChatError } from "../errors.ts";
import { decode, encode } from "../text.ts";

interface Timer {
  readonly at: number;
  readonly act: () => void;
}

/**
 * Holds a conversation without a socket, a timer or a turn of the event loop: whatever a call here
 * brings about has happened when it returns, but for what waits for a promise.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { ManualPeer } from "asynchat/testing";
 *
 * const chat = new AsyncChat({
 *   terminator: "\n",
 *   foundTerminator() {
 *     this.push(`<${this.getText()}>`);
 *   },
 * });
 * const peer = new ManualPeer(chat);
 * peer.send("he");
 * peer.send("llo\nworld\n");
 * if (peer.takeText() !== "<hello><world>") throw new Error("unreachable");
 * ```
 */
export class ManualPeer {
  /** Our FIN has been seen. */
  sawEnd = false;
  /** The socket was given back: in order, or with a reset. */
  sawClose: false | "close" | "reset" = false;
  /** Bytes that the peer will still take; lower it to play one that does not read. */
  room: number = Infinity;
  /** Where errors go that nobody handled; by default they are thrown. */
  onerror: (error: unknown) => void = (error) => {
    throw error;
  };

  readonly #chat: AsyncChat;
  readonly #timers = new Set<Timer>();
  #now = 0;
  #received: Uint8Array[] = [];
  #settling = false;
  #again = false;

  /**
   * Attaches to `chat`; unless `connected` is false, the connection stands at once.
   *
   * @throws {Error} when `chat` has had its conversation: one object holds one.
   */
  constructor(chat: AsyncChat, connected = true) {
    this.#chat = chat;
    chat.attach({
      peer: "manual",
      local: undefined,
      canReset: true,
      wake: () => this.#again = true,
      report: (error) => this.onerror(error),
      after: (milliseconds, act) => {
        const timer = { at: this.#now + milliseconds, act };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
      },
    });
    if (connected) this.connect();
  }

  /** The connection stands. */
  connect(): void {
    this.#chat.session.connected();
    this.settle();
  }

  /** The peer sends text, as UTF-8, or bytes, in one segment. They are borrowed during the call. */
  send(data: string | Uint8Array): void {
    this.#chat.session.receive(typeof data === "string" ? encode(data) : data);
    this.settle();
  }

  /** The peer sends its FIN. */
  end(): void {
    this.#chat.session.receiveEnd();
    this.settle();
  }

  /** The connection fails; by default the peer resets it. */
  fail(error: ChatError = new ChatError("reset", "the peer reset the connection")): void {
    this.#chat.session.fail(error);
    this.settle();
  }

  /**
   * It is `now`, in milliseconds; a {@linkcode FakeClock} does this for you. A read's timeout counts
   * from the last tick, and from 0 before the first.
   */
  tick(now: number): void {
    this.#now = now;
    for (const timer of this.#timers) {
      if (timer.at > now) continue;
      this.#timers.delete(timer);
      timer.act();
    }
    this.#chat.session.tick(now);
    this.settle();
  }

  /** When the next timeout of a read is due, in milliseconds; `Infinity` for never. */
  get alarm(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at));
  }

  /** Takes what the peer has received since it was last asked, as your own bytes. */
  take(): Uint8Array {
    this.settle();
    return concat(this.#received.splice(0));
  }

  /** Takes what the peer has received since it was last asked, as text. */
  takeText(): string {
    return decode(this.take());
  }

  /** Lets everything happen that can happen now; needed after a command from outside the hooks. */
  settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    try {
      do {
        this.#again = false;
        this.#chat.dispatch();
        this.#move();
      } while (this.#again);
    } finally {
      this.#settling = false;
    }
  }

  #move(): void {
    const { session, outBufferSize } = this.#chat;
    while (this.room > 0) {
      const bytes = session.nextOutput(Math.min(outBufferSize, this.room));
      if (bytes === undefined) break;
      this.#received.push(bytes.slice());
      this.room -= bytes.length;
      session.sent(bytes.length);
      this.#again = true;
    }
    if (session.wantsEnd) {
      this.sawEnd = true;
      session.endSent();
      this.#again = true;
    }
    const close = session.wantsClose;
    if (close === false || this.sawClose !== false) return;
    this.sawClose = close;
    session.disconnected();
    this.#again = true;
  }
}
