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
 * Makes the transport of a connected socket, which tells `events`. It must not tell anything before
 * it has been returned, and delivers no input before it is resumed. `sizeOf` says how many bytes the
 * next read shall ask for, where the runtime leaves that to us.
 */
export type Open = (events: TransportEvents, sizeOf: () => number) => Transport;

/**
 * Binds a conversation to a connected socket, until both are done.
 *
 * @throws {Error} when `chat` has had its conversation; the socket has been given back then.
 */
export function drive(
  chat: AsyncChat,
  open: Open,
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
export function dismiss(open: Open): void {
  const deaf = { data: () => true, ended() {}, writable() {}, failed() {}, closed() {} };
  open(deaf, () => 1).close(false);
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
  /** When the timer is set for, and how to call it off. */
  #alarm = Infinity;
  #callOff: (() => void) | undefined;

  constructor(chat: AsyncChat, open: Open, options: DriveOptions) {
    chat.attach(this);
    this.#chat = chat;
    this.#session = chat.session;
    this.#options = options;
    this.#transport = open(this, () => chat.inBufferSize);
  }

  start(): void {
    this.#session.connected();
    // Told whatever is timed, so that the stats know when it began.
    this.#session.tick(now());
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
    const { peer } = this.#transport;
    const { onerror } = this.#options;
    if (onerror === undefined) return complain(error, peer);
    try {
      onerror(error, peer);
    } catch (another) {
      complain(error, peer);
      complain(another, peer);
    }
  }

  after(milliseconds: number, act: () => void): () => void {
    return after(milliseconds, act);
  }

  // --- the loop ----------------------------------------------------------------------------------

  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#again) {
        this.#again = false;
        this.#chat.dispatch();
        if (!this.#gone) this.#move();
      }
    } finally {
      this.#pumping = false;
    }
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
    // Most conversations never look at the clock.
    if (!session.isTimed) return;
    session.tick(now());
    const { deadline } = session;
    // One that is set too early is looked at again when it fires: most deadlines move all the time.
    if (deadline === undefined || deadline >= this.#alarm) return;
    this.#callOff?.();
    this.#alarm = deadline;
    this.#callOff = after(deadline - now(), () => {
      this.#alarm = Infinity;
      this.#callOff = undefined;
      this.#pump();
    });
  }
}
