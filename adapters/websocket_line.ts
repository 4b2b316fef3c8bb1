/**
 * A WebSocket as the driver wants it: messages become a stream of bytes.
 *
 * @module
 */

import { ChatError, LimitError } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { after } from "./clock.ts";
import { streamTransport } from "./stream_transport.ts";
import { toChatError } from "./system_errors.ts";
import { bytesIn } from "./web_pair.ts";

/** A standard `WebSocket`, as far as it is needed here. */
export interface WebSocketLike {
  /** How bytes come; set to `"arraybuffer"`. */
  binaryType: string;
  /** 0 while it connects, 1 while it is open, then 2 and 3. */
  readonly readyState: number;
  /** Bytes that were handed over and have not gone out, where the runtime tells. */
  readonly bufferedAmount?: number;
  /** Whom it was made to call. */
  readonly url?: string | null;
  /** Sends one message. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Begins the closing handshake, behind what was sent. */
  close(code?: number, reason?: string): void;
  /** Listens for `"open"`. */
  addEventListener(type: "open", listener: () => void): void;
  /** Listens for messages. */
  addEventListener(type: "message", listener: (event: WebSocketMessage) => void): void;
  /** Listens for errors, of which nothing is told but that they are there. */
  addEventListener(type: "error", listener: () => void): void;
  /** Listens for the end. */
  addEventListener(type: "close", listener: (event: WebSocketEnd) => void): void;
}

/** A `MessageEvent`, as far as it is needed here. */
export interface WebSocketMessage {
  /** Text, or an `ArrayBuffer`. */
  readonly data: unknown;
}

/** A `CloseEvent`, as far as it is needed here. */
export interface WebSocketEnd {
  /** Why, as a number: 1000 when in order, 1006 when the connection was cut. */
  readonly code: number;
  /** Why, in the peer's words. */
  readonly reason: string;
  /** Whether both sides have said that it is over. */
  readonly wasClean: boolean;
}

/** The values of {@linkcode WebSocketLike.readyState} that are looked at. */
const CONNECTING = 0, OPEN = 1, CLOSED = 3;

/** From here on a write waits, in bytes: enough for a fast network between two looks. */
const MOST_BUFFERED = 256 * 1024;

/** Nobody tells when there is room again, so it is looked at, every so many milliseconds. */
const LOOK = 5;

/** What a message costs beside its bytes: the objects that hold it, in bytes. */
const OVERHEAD = 64;

/** Close codes that stand for a FIN: in order, going away, and no code at all. */
const IN_ORDER = [1000, 1001, 1005];

/** Says that a conversation was cut; pages may choose from 3000 to 4999 only. */
const CUT = 4000;

/** Who waits for the next message. */
interface Waiting {
  resolve(bytes: Uint8Array | null): void;
  reject(error: unknown): void;
}

/** One WebSocket, listened to from the first moment on. */
export class Line {
  readonly #socket: WebSocketLike;
  readonly #peer: string;
  readonly #maxReceived: number;
  #messages: Uint8Array[] = [];
  #held = 0;
  /** `null` for an end in order. */
  #end: ChatError | null | undefined;
  #waiting: Waiting | undefined;
  #isShut = false;
  #refuse: (error: ChatError) => void = () => {};
  /** Rejects when more has come than may be held. */
  readonly #overfull: Promise<never> = new Promise((_, reject) => this.#refuse = reject);

  /** Listens; `maxReceived` bounds what has come and was not asked for, in bytes. */
  constructor(socket: WebSocketLike, peer: string, maxReceived: number) {
    this.#socket = socket;
    this.#peer = peer;
    this.#maxReceived = maxReceived;
    this.#overfull.catch(() => {});
    socket.binaryType = "arraybuffer";
    // It tells nothing that the end does not; but some throw an error that nobody listens for.
    socket.addEventListener("error", () => {});
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", (event) => this.#finish(this.#explainEnd(event)));
  }

  /** Whether it connects still. */
  get isConnecting(): boolean {
    return this.#socket.readyState === CONNECTING;
  }

  /** Whether it stands. */
  get isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }

  /** Resolves when it stands. Rejects, with kind `"refused"`, when it never will. */
  opened(): Promise<void> {
    const refused = (end: WebSocketEnd) =>
      new ChatError(
        "refused",
        `${this.#peer}: the WebSocket could not be opened (code ${end.code}); is the address ` +
          "right, and does the server let this page in?",
        { code: String(end.code), cause: end },
      );
    return new Promise((resolve, reject) => {
      this.#socket.addEventListener("open", resolve);
      this.#socket.addEventListener("close", (event) => reject(refused(event)));
    });
  }

  /** Gives it up, also while it connects. */
  abandon(): void {
    this.#socket.close();
  }

  /** Makes the transport of it. */
  transport(events: TransportEvents): Transport {
    return streamTransport({ peer: this.#peer, local: undefined, canReset: true }, {
      read: () => this.#read(),
      explain: (error) => error instanceof ChatError ? error : toChatError(error, this.#peer),
      write: (bytes) => this.#write(bytes),
      // Nothing can come behind it: there is no half-close.
      end: () => Promise.resolve(this.#close(1000, "")),
      shut: (reset, ended) => Promise.resolve(this.#shut(reset || ended === undefined)),
      closed: this.#overfull,
    }, events);
  }

  // --- input -------------------------------------------------------------------------------------

  #receive(data: unknown): void {
    if (this.#isShut || this.#end !== undefined) return;
    let bytes: Uint8Array;
    try {
      bytes = bytesIn(data);
    } catch (error) {
      return this.#finish(toChatError(error, this.#peer));
    }
    if (bytes.length === 0) return;
    if (this.#waiting !== undefined) return this.#answer((waiting) => waiting.resolve(bytes));
    this.#held += bytes.length + OVERHEAD;
    this.#messages.push(bytes);
    if (this.#held > this.#maxReceived) this.#overflow();
  }

  #overflow(): void {
    this.#messages = [];
    const error = new LimitError(
      `${this.#peer} sent more than ${this.#maxReceived} bytes that nobody has read, and a ` +
        "WebSocket cannot be told to wait; read faster, raise maxReceived, or let the protocol ask",
      this.#maxReceived,
      this.#held,
    );
    this.#end = error;
    this.#refuse(error);
  }

  #finish(end: ChatError | null): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#answer(({ resolve, reject }) => end === null ? resolve(null) : reject(end));
  }

  #answer(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) how(waiting);
  }

  #read(): Promise<Uint8Array | null> {
    const bytes = this.#messages.shift();
    if (bytes !== undefined) {
      this.#held -= bytes.length + OVERHEAD;
      return Promise.resolve(bytes);
    }
    if (this.#end === null) return Promise.resolve(null);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting = { resolve, reject });
  }

  #explainEnd(end: WebSocketEnd): ChatError | null {
    const { code, wasClean } = end;
    if (wasClean && IN_ORDER.includes(code)) return null;
    const how = wasClean ? "the peer closed the WebSocket" : "the WebSocket was cut";
    // The peer's own words are in the cause, and in no message that is logged.
    return new ChatError("reset", `${this.#peer}: ${how} (code ${code})`, {
      code: String(code),
      cause: end,
    });
  }

  // --- output ------------------------------------------------------------------------------------

  async #write(bytes: Uint8Array): Promise<void> {
    this.#needOpen();
    // Not every implementation copies at once.
    this.#socket.send(bytes.slice());
    while ((this.#socket.bufferedAmount ?? 0) > MOST_BUFFERED) {
      await new Promise<void>((resolve) => after(LOOK, resolve));
      this.#needOpen();
    }
  }

  /** A WebSocket that is closing takes bytes, and drops them without a word. */
  #needOpen(): void {
    if (this.isOpen) return;
    throw this.#end ?? new ChatError(
      "reset",
      `${this.#peer} closed the WebSocket before everything was sent`,
    );
  }

  #close(code: number, reason: string): void {
    if (this.#socket.readyState !== CLOSED) this.#socket.close(code, reason);
  }

  #shut(cut: boolean): void {
    this.#isShut = true;
    this.#messages = [];
    if (cut) this.#close(CUT, "the other side cut the conversation before its end");
    else this.#close(1000, "");
  }
}
