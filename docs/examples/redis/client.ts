/**
 * A Redis client: commands in a pipeline, answers in their order, messages of channels.
 *
 * @module
 */

import { ChatError, type CloseReport, ProtocolChat } from "asynchat";
import { connect, type ConnectOptions } from "asynchat/adapters";
import { type Argument, type Reply, resp, writeCommand } from "./resp.ts";

/** What a command gives, as plain values; `S` is what a string is. */
export type Value<S = string> = null | boolean | number | bigint | S | readonly Value<S>[];

/** What {@linkcode Redis.commandBytes} gives: what may be binary is bytes, statuses are text. */
export type BinaryValue = Value<string | Uint8Array>;

/** The server refused a command; the conversation goes on. */
export class RedisError extends Error {
  override name = "RedisError";
}

interface Waiting {
  resolve(value: Reply["value"]): void;
  reject(error: unknown): void;
}

/** Whom to call, and who one is. */
export interface RedisOptions extends ConnectOptions {
  readonly username?: string;
  readonly password?: string;
}

/** Longest answer, and most that is queued, in bytes. */
const LONGEST = 64 * 1024 * 1024;

const decoder = new TextDecoder();
const decode = (bytes: Uint8Array) => decoder.decode(bytes);

/**
 * One connection. Commands that are given in one turn leave together, and none waits for the answer
 * to the one before. Who gives many, or long ones, awaits `drained()` between them: then the queue
 * stays below the high-water mark and one command.
 */
export class Redis extends ProtocolChat<Reply> {
  /** Called with every message of a channel that is subscribed to. */
  onmessage: (channel: string, message: string) => void = () => {};

  readonly #waiting: Waiting[] = [];
  #over: CloseReport | undefined;

  /** Not connected yet; {@linkcode Redis.connect} does both. */
  constructor() {
    super(resp({ maxBytes: LONGEST, maxReplies: 1_000_000 }), {
      maxFrameLength: LONGEST,
      maxQueued: LONGEST,
    });
  }

  /**
   * Connects, and agrees on RESP3: messages of channels then come beside answers.
   *
   * @throws {ChatError} when it cannot connect, or has no answer within `connectTimeout`.
   * @throws {RedisError} when the server does not let us in.
   */
  static async connect(
    { username = "default", password, ...options }: RedisOptions,
  ): Promise<Redis> {
    const { connectTimeout = 30_000 } = options;
    const redis = await connect(options, new Redis());
    const auth = password === undefined ? [] : ["AUTH", username, password];
    // The system may accept for a server that has stopped.
    const late = new ChatError("timeout", `Redis has not answered in ${connectTimeout} ms`);
    const timer = setTimeout(() => redis.abort(late), connectTimeout);
    try {
      await redis.command("HELLO", 3, ...auth);
    } catch (error) {
      redis.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return redis;
  }

  /**
   * Gives a command, and resolves with its answer.
   *
   * @throws {RedisError} as a rejection, when the server refuses it.
   * @throws {ChatError} as a rejection, when the connection ends before the answer: whether the
   * command took effect nobody knows then.
   * @throws {LimitError} as a rejection, when more than 64 MiB would be queued; nothing is then.
   */
  async command(...args: readonly Argument[]): Promise<Value> {
    return plain(await this.#ask(args), decode);
  }

  /** The same, and what may be binary is given as it is. */
  async commandBytes(...args: readonly Argument[]): Promise<BinaryValue> {
    return plain<string | Uint8Array>(await this.#ask(args), (bytes) => bytes);
  }

  #ask(args: readonly Argument[]): Promise<Reply["value"]> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) throw lost(this.#over);
      this.push(writeCommand(args));
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Subscribes to channels; {@linkcode onmessage} is called with what is published there. */
  async subscribe(...channels: readonly string[]): Promise<void> {
    this.push(writeCommand(["SUBSCRIBE", ...channels]));
    // It is confirmed by messages, one a channel; the answer to this comes behind them.
    await this.command("PING");
  }

  override handleMessage({ type, value }: Reply): void {
    if (type === ">") return this.#handlePush(plain(value, decode) as readonly Value[]);
    const next = this.#waiting.shift();
    if (next === undefined) {
      return this.abort(new ChatError("protocol", "an answer that nobody asked for"));
    }
    if (type === "-" || type === "!") next.reject(new RedisError(String(plain(value, decode))));
    else next.resolve(value);
  }

  override handleClose(report: CloseReport): void {
    this.#over = report;
    for (const { reject } of this.#waiting.splice(0)) reject(lost(report));
  }

  #handlePush([kind, channel, message]: readonly Value[]): void {
    if (kind === "message") this.onmessage(String(channel), String(message));
  }
}

function plain<S>(value: Reply["value"], stringOf: (bytes: Uint8Array) => S): Value<string | S> {
  if (value instanceof Uint8Array) return stringOf(value);
  if (typeof value !== "object" || value === null) return value;
  return value.map((item) => plain(item.value, stringOf));
}

function lost({ error, reason }: CloseReport): ChatError {
  return new ChatError("closed", `the connection to Redis is over (${reason})`, { cause: error });
}
