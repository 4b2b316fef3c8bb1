/**
 * A socket that is nothing but a script: no runtime, no clock, no promise.
 *
 * Whoever holds it is the peer, the network and the event loop, so that what a conversation tells
 * is a function of what it was put through.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Attachment } from "../core/attachment.ts";
import type { ChatError } from "../core/errors.ts";
import { encode } from "../core/text.ts";

/** How a {@linkcode ScriptedSocket} behaves. */
export interface ScriptedOptions {
  /** Bytes that one read brings at most; all there are. */
  readonly readSize?: number;
  /** Whether the connection stands from the start; `true`. */
  readonly connected?: boolean;
  /** Whether the peer answers our FIN with its own; `true`. */
  readonly answersEnd?: boolean;
  /** Whether our FIN waits for room, as asynchat's does while the peer has not ended; `false`. */
  readonly endNeedsRoom?: boolean;
}

/** Far above what any script needs: who still moves after so many turns never stops. */
const MAX_TURNS = 100_000;

/** `"#"`: in no delimiter, and plain to see where it does not belong. */
const OVERWRITTEN = 0x23;

/** Stands where the driver and the transport of a real connection would. */
export class ScriptedSocket implements Attachment {
  readonly peer = "script";
  readonly local = undefined;
  readonly canReset = true;
  /** Errors that nobody handled, in order. */
  readonly reported: unknown[] = [];

  /** Bytes that the socket still takes. */
  room: number = Infinity;
  /** The next write for which there is room fails so. */
  writeError: ChatError | undefined;
  /** Whether our FIN has gone. */
  finSent = false;
  /** How the socket was given back, once it was. */
  closedBy: "close" | "reset" | undefined;

  readonly #chat: AsyncChat;
  readonly #readSize: number;
  readonly #answersEnd: boolean;
  readonly #endNeedsRoom: boolean;
  #sent: Uint8Array[] = [];
  #again = true;
  #writable = true;
  #peerEnded = false;

  /** Ties `chat` to this socket. Nothing is told before the first {@linkcode turn}. */
  constructor(chat: AsyncChat, options: ScriptedOptions = {}) {
    const { readSize = Infinity, connected = true, answersEnd = true, endNeedsRoom = false } =
      options;
    this.#chat = chat;
    this.#readSize = readSize;
    this.#answersEnd = answersEnd;
    this.#endNeedsRoom = endNeedsRoom;
    chat.attach(this);
    if (connected) chat.session.connected();
  }

  /** Whether the conversation goes on. */
  get isOpen(): boolean {
    return !this.#chat.session.isOver;
  }

  /** The connection stands: tells so, and lets queued output go. */
  connect(): void {
    this.#chat.session.connected();
    this.#happen();
  }

  /** The peer sends this, read after read; nothing goes out between. Text is sent as UTF-8. */
  feed(input: string | Uint8Array): void {
    const bytes = typeof input === "string" ? encode(input) : input;
    let at = 0;
    do {
      const chunk = bytes.slice(at, at + this.#readSize);
      this.#chat.session.receive(chunk);
      this.#chat.dispatch();
      // It was borrowed, and the next read writes over it.
      if (this.#chat.session.wantsRead) chunk.fill(OVERWRITTEN);
      at += this.#readSize;
    } while (at < bytes.length && this.isOpen);
    this.turn();
  }

  /** The peer sends its FIN. */
  end(): void {
    this.#peerEnded = true;
    this.#chat.session.receiveEnd();
    this.#happen();
  }

  /** The connection fails. */
  fail(error: ChatError): void {
    this.#chat.session.fail(error);
    this.#happen();
  }

  #happen(): void {
    this.#again = true;
    this.turn();
  }

  /**
   * Tells, writes, ends and closes until nothing moves. Like a driver it tells only when something
   * has happened or the conversation woke it.
   */
  turn(): void {
    this.#writable = true;
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      if (this.#again) {
        this.#again = false;
        this.#chat.dispatch();
      }
      this.#move();
      if (!this.#again) return;
    }
    throw new Error(`the conversation still moves after ${MAX_TURNS} turns`);
  }

  /** What the socket took since the last call. */
  takeSent(): Uint8Array {
    const sent = this.#sent;
    this.#sent = [];
    const all = new Uint8Array(sent.reduce((size, bytes) => size + bytes.length, 0));
    let at = 0;
    for (const bytes of sent) {
      all.set(bytes, at);
      at += bytes.length;
    }
    return all;
  }

  /** Remembers it for the next {@linkcode turn}. */
  wake(): void {
    this.#again = true;
  }

  /** Keeps the error for {@linkcode reported}. */
  report(error: unknown): void {
    this.reported.push(error);
  }

  #move(): void {
    const { session } = this.#chat;
    this.#write();
    if (session.wantsEnd && this.#mayEnd) {
      this.finSent = this.#again = true;
      session.endSent();
      if (this.#answersEnd) session.receiveEnd();
    }
    const close = session.wantsClose;
    if (close === false) return;
    this.closedBy = close;
    this.#again = true;
    session.disconnected();
  }

  get #mayEnd(): boolean {
    if (this.#chat.session.hasOutput) throw new Error("a FIN is wanted ahead of queued output");
    return !this.#endNeedsRoom || this.room > 0 || this.#peerEnded;
  }

  #write(): void {
    const { session } = this.#chat;
    for (let writes = 0; this.#writable; writes++) {
      if (writes === MAX_TURNS) throw new Error(`there is more to write after ${writes} writes`);
      const bytes = session.nextOutput(this.#chat.outBufferSize);
      if (bytes === undefined) return;
      if (this.writeError !== undefined && this.room > 0) {
        const error = this.writeError;
        this.writeError = undefined;
        session.sent(0);
        session.fail(error);
        this.#again = true;
        return;
      }
      const taken = Math.min(bytes.length, this.room);
      this.room -= taken;
      this.#writable = taken === bytes.length;
      // The bytes are borrowed, and may change as soon as they count as sent.
      this.#sent.push(bytes.slice(0, taken));
      session.sent(taken);
    }
  }
}
