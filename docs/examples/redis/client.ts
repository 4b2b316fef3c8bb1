/**
 * A Redis client: commands in a pipeline, answers in their order, messages of channels.
 *
 * @module
 */

import { ChatError, type CloseReport, ProtocolChat } from "asynchat";
import { connect, type ConnectOptions } from "asynchat/adapters";
import { type Argument, type Reply, resp, writeCommand } from "./resp.ts";

/** What a command gives, as plain values. */
export type Value = null | boolean | number | bigint | string | readonly Value[];

/** The server refused a command; the conversation goes on. */
export class RedisError extends Error {
  override name = "RedisError";
}

interface Waiting {
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/** Whom to call, and who one is. */
export interface RedisOptions extends ConnectOptions {
  readonly username?: string;
  readonly password?: string;
}

/**
 * One connection. Commands that are given in one turn leave together, and none waits for the answer
 * to the one before.
 */
export class Redis extends ProtocolChat<Reply> {
  /** Called with every message of a channel that is subscribed to. */
  onmessage: (channel: string, message: string) => void = () => {};

  readonly #waiting: Waiting[] = [];
  #over: CloseReport | undefined;

  /** Not connected yet; {@linkcode Redis.connect} does both. */
  constructor() {
    super(resp({ maxBytes: 64 * 1024 * 1024, maxReplies: 1_000_000 }), {
      maxFrameLength: 64 * 1024 * 1024,
    });
  }

  /**
   * Connects, and agrees on RESP3: messages of channels then come beside answers.
   *
   * @throws {ChatError} when it cannot connect.
   * @throws {RedisError} when the server does not let us in.
   */
  static async connect(
    { username = "default", password, ...options }: RedisOptions,
  ): Promise<Redis> {
    const redis = await connect(options, new Redis());
    const auth = password === undefined ? [] : ["AUTH", username, password];
    await redis.command("HELLO", 3, ...auth);
    return redis;
  }

  /**
   * Gives a command, and resolves with its answer.
   *
   * @throws {RedisError} as a rejection, when the server refuses it.
   * @throws {ChatError} as a rejection, when the connection ends before the answer: whether the
   * command took effect nobody knows then.
   */
  command(...args: readonly Argument[]): Promise<Value> {
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
    if (type === ">") return this.#handlePush(plain(value) as readonly Value[]);
    const next = this.#waiting.shift();
    if (next === undefined) {
      return this.abort(new ChatError("protocol", "an answer that nobody asked for"));
    }
    if (type === "-" || type === "!") next.reject(new RedisError(String(value)));
    else next.resolve(plain(value));
  }

  override handleClose(report: CloseReport): void {
    this.#over = report;
    for (const { reject } of this.#waiting.splice(0)) reject(lost(report));
  }

  #handlePush([kind, channel, message]: readonly Value[]): void {
    if (kind === "message") this.onmessage(String(channel), String(message));
  }
}

function plain(value: Reply["value"]): Value {
  return typeof value === "object" && value !== null
    ? value.map((item) => plain(item.value))
    : value;
}

function lost({ error, reason }: CloseReport): ChatError {
  return new ChatError("closed", `the connection to Redis is over (${reason})`, { cause: error });
}
