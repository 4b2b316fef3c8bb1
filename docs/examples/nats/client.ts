/**
 * A NATS client: subjects, queue groups, requests.
 *
 * @module
 */

import { ChatError, type CloseReport, type HookResult, LimitError, ProtocolChat } from "asynchat";
import { connect, type ConnectOptions } from "asynchat/adapters";
import {
  type Credentials,
  fromBroker,
  type Info,
  type Message,
  type Told,
  writeConnect,
  writePublish,
  writeSubscribe,
} from "./protocol.ts";

export type { Message };

/** The broker refused something, or nobody is there to answer a request. */
export class NatsError extends Error {
  override name = "NatsError";
}

/** Whom to call, and who one is. */
export interface NatsOptions extends ConnectOptions, Credentials {
  /** For the broker's own lists. */
  readonly name?: string;
}

/**
 * Called with each message. A promise holds back the next one of this connection, and the reading:
 * do not await a request of the same connection in it.
 */
export type Handler = (message: Message) => HookResult;

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** One connection to a broker. */
export class Nats extends ProtocolChat<Told> {
  readonly #credentials: Credentials;
  readonly #name: string;
  readonly #handlers = new Map<number, Handler>();
  readonly #requests = new Map<string, Waiting<Message>>();
  readonly #pongs: Waiting<void>[] = [];
  readonly #inbox = `_INBOX.${crypto.randomUUID()}`;
  #info: Info | undefined;
  #oninfo: Waiting<void> | undefined;
  #sids = 0;
  #asked = 0;
  #refusal: NatsError | undefined;
  #over: CloseReport | undefined;

  /** Not connected yet; {@linkcode Nats.connect} does both. */
  constructor(credentials: Credentials = {}, name = "asynchat") {
    super(fromBroker(), { maxFrameLength: 8 * 1024 * 1024, maxQueued: 64 * 1024 * 1024 });
    this.#credentials = credentials;
    this.#name = name;
  }

  /**
   * Connects, and says who one is.
   *
   * @throws {ChatError} when it cannot connect, or has no answer within `connectTimeout`.
   * @throws {NatsError} when the broker does not let us in.
   */
  static async connect({ user, pass, name, ...options }: NatsOptions): Promise<Nats> {
    const credentials = { ...(user && { user }), ...(pass && { pass }) };
    const nats = new Nats(credentials, name);
    await connect(options, nats);
    const { connectTimeout = 30_000 } = options;
    // The system may accept for a broker that has stopped.
    const late = new ChatError("timeout", `the broker has not answered in ${connectTimeout} ms`);
    const timer = setTimeout(() => nats.abort(late), connectTimeout);
    await nats.ready().finally(() => clearTimeout(timer));
    return nats;
  }

  /** Resolves when the broker has let us in. */
  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (this.#over !== undefined) return reject(this.#loss());
      if (this.#info !== undefined) return resolve();
      this.#oninfo = { resolve, reject };
    });
    await this.flush();
  }

  /** What the broker says of itself, once it has let us in. */
  get info(): Info | undefined {
    return this.#info;
  }

  /**
   * Publishes; who sends much awaits `drained()` in between.
   *
   * @throws {LimitError} for a payload that the broker would not take; the connection goes on.
   * @throws {ChatError} kind `"protocol"` for a subject that is none, `"closed"` after the end.
   */
  publish(subject: string, payload: Uint8Array | string = "", reply?: string): void {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    const max = this.#info?.max_payload ?? Infinity;
    if (bytes.length > max) {
      throw new LimitError(
        `a payload of ${bytes.length} bytes is longer than the broker's ${max}: send it in pieces`,
        max,
        bytes.length,
      );
    }
    this.push(writePublish(subject, bytes, reply));
  }

  /**
   * Subscribes, alone or in a queue group. Returns the function that ends it: it resolves when what
   * the broker had sent already has been handled.
   */
  subscribe(subject: string, handler: Handler, queue?: string): () => Promise<void> {
    const sid = ++this.#sids;
    this.push(writeSubscribe(subject, sid, queue));
    this.#handlers.set(sid, handler);
    return async () => {
      this.push(`UNSUB ${sid}\r\n`);
      await this.flush();
      this.#handlers.delete(sid);
    };
  }

  /**
   * Asks, and resolves with the first answer.
   *
   * @throws {NatsError} as a rejection, when nobody listens to that subject, or nobody answers within
   * `timeout` milliseconds; 5,000.
   * @throws {ChatError} as a rejection, when the connection ends before: whether it was done nobody
   * knows then.
   */
  async request(
    subject: string,
    payload: Uint8Array | string = "",
    { timeout = 5000 }: { readonly timeout?: number } = {},
  ): Promise<Message> {
    if (this.#asked === 0) this.subscribe(`${this.#inbox}.*`, (answer) => this.#answer(answer));
    const reply = `${this.#inbox}.${++this.#asked}`;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        if (this.#over !== undefined) throw this.#loss();
        this.publish(subject, payload, reply);
        this.#requests.set(reply, { resolve, reject });
        const late = () => reject(new NatsError(`no answer from ${subject} in ${timeout} ms`));
        timer = setTimeout(late, timeout);
      });
    } finally {
      clearTimeout(timer);
      this.#requests.delete(reply);
    }
  }

  /** Resolves when the broker has read everything so far, and told us all that it had told. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) throw this.#loss();
      this.push("PING\r\n");
      this.#pongs.push({ resolve, reject });
    });
  }

  override handleMessage(told: Told): HookResult {
    switch (told.op) {
      case "INFO":
        if (this.#info === undefined) this.push(writeConnect(this.#credentials, this.#name));
        this.#info = told.info;
        return this.#oninfo?.resolve();
      case "MSG":
        return this.#handlers.get(told.message.sid)?.(told.message);
      case "PING":
        return void this.push("PONG\r\n");
      case "PONG":
        return this.#pongs.shift()?.resolve();
      case "-ERR":
        // The broker closes after most of them.
        this.#refusal = new NatsError(told.reason);
        return;
      case "+OK":
        return;
    }
  }

  override handleClose(report: CloseReport): void {
    this.#over = report;
    const waiting = [this.#oninfo, ...this.#pongs.splice(0), ...this.#requests.values()];
    for (const one of waiting) one?.reject(this.#loss());
  }

  #answer(answer: Message): void {
    const waiting = this.#requests.get(answer.subject);
    if (/^NATS\/1\.0 503/.test(answer.headers)) {
      return waiting?.reject(new NatsError("nobody listens to that subject"));
    }
    waiting?.resolve(answer);
  }

  #loss(): Error {
    const { error, reason } = this.#over!;
    return this.#refusal ??
      new ChatError("closed", `the connection to the broker is over (${reason})`, { cause: error });
  }
}
