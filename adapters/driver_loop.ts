/**
 * What a driver does, again and again.
 *
 * @module
 */

import { type AsyncChat, cannotStartTls } from "../core/async_chat.ts";
import type { Attachment } from "../core/attachment.ts";
import type { Chat } from "../core/chat.ts";
import type { ChatError } from "../core/errors.ts";
import type { Session } from "../core/session.ts";
import type { StartTlsOptions, TlsInfo } from "../core/tls.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { Alarm } from "./alarm.ts";
import { after, now, reportTo, soon } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { DriveOptions } from "./driver.ts";
import { startTls } from "./handshake.ts";

const NOTHING = new Uint8Array(0);

/**
 * Every event, and every wake-up, ends in {@linkcode Driver.#pump}: tell, write, end, close, read.
 * That order is what the laws rest on, and it is written down in one place only.
 */
export class Driver implements TransportEvents, Attachment {
  readonly canDetach = true;
  readonly #chat: AsyncChat;
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #transport: Transport;
  readonly #options: DriveOptions;
  #pumping = false;
  #again = false;
  #woken = false;
  #writing = false;
  #closing = false;
  #gone = false;
  #handing = false;
  /** Made when there is a deadline: most conversations have none. */
  #alarm: Alarm | undefined;

  /**
   * Takes the connection.
   *
   * @throws {Error} when somebody else has, or `chat` has had its conversation.
   */
  constructor(chat: AsyncChat, connection: Connection, options: DriveOptions) {
    // First of all, so that a conversation which comes too late is as if it had not come.
    connection.needFree();
    chat.attach(this);
    this.#chat = chat;
    this.#session = chat.session;
    this.#options = options;
    this.#connection = connection;
    this.#transport = connection.take(this, () => chat.inBufferSize);
  }

  /** Begins; a conversation that takes another's place is told `input` first. */
  start(input: Uint8Array = NOTHING, inputEnded = false): void {
    const session = this.#session;
    session.connected();
    // Told whatever is timed, so that the stats know when it began.
    session.tick(now());
    session.receive(input);
    if (inputEnded) session.receiveEnd();
    this.#pump();
    this.#connection.tellLate();
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
    this.#alarm?.stop();
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

  get role(): "client" | "server" {
    return this.#options.role ?? "client";
  }

  checkTls(role: "client" | "server", options: StartTlsOptions): void {
    if (this.#transport.checkTls === undefined) throw cannotStartTls(this.peer);
    this.#transport.checkTls(role, options);
  }

  get tls(): TlsInfo | undefined {
    return this.#transport.tls;
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
    reportTo(this.#options.onerror, error, this.peer);
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
    if (session.wantsHandover) this.#handOver();
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
    // Whoever makes the handshake reads as it likes.
    else if (!this.#handing) transport.pause();
    this.#watch();
  }

  #handOver(): void {
    const handover = this.#chat.takeHandover();
    if (handover === undefined) return;
    const { request, done } = handover;
    this.#transport.pause();
    this.#handing = true;
    const input = this.#chat.takeInput();
    if (request.kind === "detach") return this.#detach(input, done);
    startTls(this.#transport, request, input).then((info) => {
      this.#handing = false;
      this.#session.handoverDone();
      this.#pump();
      done(info);
    }, (error: ChatError) => this.failed(error));
  }

  #detach(input: Uint8Array, done: (outcome: unknown) => void): void {
    const inputEnded = this.#session.hasPeerEnded;
    const attach = (chat: AsyncChat | Chat, rest: Uint8Array = input) =>
      resumeWith(chat, this.#connection, rest, inputEnded, this.#options);
    done(this.#connection.detach({ input, inputEnded, attach }, this.#options));
    this.#gone = true;
    this.#alarm?.stop();
    this.#session.detached();
    this.#again = true;
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
    if (deadline === undefined) return;
    this.#alarm ??= new Alarm(() => this.#pump());
    this.#alarm.set(deadline);
  }
}

/** Binds a conversation to a connection that another one has given away. */
function resumeWith(
  chat: AsyncChat | Chat,
  connection: Connection,
  input: Uint8Array,
  inputEnded: boolean,
  options: DriveOptions,
): void {
  const callbacks = "asyncChat" in chat ? chat.asyncChat : chat;
  const driver = new Driver(callbacks, connection, options);
  options.onattached?.(callbacks);
  driver.start(input, inputEnded);
}
