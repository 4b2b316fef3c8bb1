/**
 * The driver: what stands between every conversation and every socket.
 *
 * @module
 */

import type { AsyncChat, Attachment } from "../core/async_chat.ts";
import type { ChatError } from "../core/errors.ts";
import type { Session } from "../core/session.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { after, complain, now, soon } from "./clock.ts";

/** What a driver may be told beside the conversation and the socket. */
export interface DriveOptions {
  /** Where errors go that nobody handled; `console.error`. */
  readonly onerror?: ((error: unknown, peer: string) => void) | undefined;
  /** Called when the socket is gone and the conversation has been told. */
  readonly onclosed?: () => void;
}

/**
 * Binds a conversation to a connected socket, until both are done.
 *
 * `open` makes the transport and is given what to tell; the transport must not tell anything before
 * it has been returned, and delivers no input before it is resumed.
 *
 * @throws {Error} when `chat` has had its conversation; the socket has been given back then.
 */
export function drive(
  chat: AsyncChat,
  open: (events: TransportEvents) => Transport,
  options: DriveOptions = {},
): void {
  let driver: Driver;
  try {
    driver = new Driver(chat, open, options);
  } catch (error) {
    dismiss(open);
    throw error;
  }
  driver.start();
}

/** Gives a connected socket back that nobody will have a conversation on. */
export function dismiss(open: (events: TransportEvents) => Transport): void {
  open({ data: () => true, ended() {}, writable() {}, failed() {}, closed() {} }).close(false);
}

/**
 * Every event, and every wake-up, ends in {@linkcode Driver.#pump}: tell, write, end, close, read.
 * That order is what the laws rest on, and it is written down in one place only.
 */
class Driver implements TransportEvents, Attachment {
  readonly #chat: AsyncChat;
  readonly #session: Session;
  readonly #transport: Transport;
  readonly #options: DriveOptions;
  #pumping = false;
  #again = false;
  #woken = false;
  #writing = false;
  #closing = false;
  #gone = false;
  #callOff: (() => void) | undefined;

  constructor(
    chat: AsyncChat,
    open: (events: TransportEvents) => Transport,
    options: DriveOptions,
  ) {
    chat.attach(this);
    this.#chat = chat;
    this.#session = chat.session;
    this.#options = options;
    this.#transport = open(this);
  }

  start(): void {
    this.#session.connected();
    this.#pump();
  }

  // --- what the transport tells ------------------------------------------------------------------

  data(chunk: Uint8Array): boolean {
    this.#session.receive(chunk);
    this.#pump();
    return this.#session.wantsRead;
  }

  ended(): void {
    this.#session.receiveEnd();
    this.#pump();
  }

  writable(): void {
    this.#writing = false;
    this.#pump();
  }

  failed(error: ChatError): void {
    this.#session.fail(error);
    this.#pump();
  }

  closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#callOff?.();
    this.#session.disconnected();
    this.#pump();
    this.#options.onclosed?.();
  }

  // --- what the conversation asks ----------------------------------------------------------------

  get peer(): string {
    return this.#transport.peer;
  }

  get local(): string | undefined {
    return this.#transport.local;
  }

  get canReset(): boolean {
    return this.#transport.canReset;
  }

  wake(): void {
    this.#again = true;
    if (this.#pumping || this.#woken) return;
    this.#woken = true;
    soon(() => {
      this.#woken = false;
      if (this.#again) this.#pump();
    });
  }

  report(error: unknown): void {
    (this.#options.onerror ?? complain)(error, this.#transport.peer);
  }

  // --- the loop ----------------------------------------------------------------------------------

  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      this.#chat.dispatch();
      if (!this.#gone) this.#move();
    }
    this.#pumping = false;
  }

  #move(): void {
    const session = this.#session, transport = this.#transport;
    this.#write();
    if (session.wantsEnd) {
      transport.end();
      session.endSent();
    }
    const close = session.wantsClose;
    if (close !== false) {
      if (!this.#closing) {
        this.#closing = true;
        transport.close(close === "reset");
      }
      return;
    }
    if (session.wantsRead) transport.resume();
    else transport.pause();
    this.#watch();
  }

  #write(): void {
    while (!this.#writing) {
      const bytes = this.#session.nextOutput(this.#chat.outBufferSize);
      if (bytes === undefined) return;
      const taken = this.#transport.write(bytes);
      if (typeof taken === "number") {
        this.#session.sent(taken);
        this.#writing = taken < bytes.length;
        continue;
      }
      this.#writing = true;
      taken.then((size) => {
        this.#writing = false;
        this.#session.sent(size);
        this.#pump();
      });
    }
  }

  #watch(): void {
    const session = this.#session;
    session.tick(now());
    if (session.isOver) this.#again = true;
    const { deadline } = session;
    if (deadline === undefined || this.#callOff !== undefined) return;
    // Set once and looked at again when it fires: progress would move it with every write.
    this.#callOff = after(deadline - now(), () => {
      this.#callOff = undefined;
      this.#pump();
    });
  }
}
