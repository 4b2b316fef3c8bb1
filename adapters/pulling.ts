/**
 * Reading from a socket that is asked for bytes, instead of telling them by itself.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { TransportEvents } from "../core/transport.ts";

/** How one runtime's socket is asked. */
export interface Source {
  /**
   * Asks once: bytes, or `null` when the peer has sent its FIN. The bytes are done with when it is
   * asked again, and not before. Called only when the last answer has come, while input is wanted.
   */
  read(): Promise<Uint8Array | null>;
  /** Puts what {@linkcode read} failed with into our own words. */
  explain(error: unknown): ChatError;
}

/**
 * The input half of a transport: asks while input is wanted, one question at a time, and tells the
 * answers.
 *
 * Only the first end and the first failure are told: some runtimes answer a clean end after a reset.
 *
 * @example
 * ```ts
 * import type { ChatError } from "asynchat";
 * import { Pulling, toChatError } from "asynchat/adapters/kit";
 *
 * const answers = [new Uint8Array(3), new Uint8Array(4), null];
 * let size = 0;
 * await new Promise<void>((ended, failed) => {
 *   const input = new Pulling({
 *     read: () => Promise.resolve(answers.shift() ?? null),
 *     explain: (error) => toChatError(error, "a list"),
 *   }, {
 *     data(chunk) {
 *       size += chunk.length;
 *       return true;
 *     },
 *     ended,
 *     writable() {},
 *     failed: (error: ChatError) => failed(error),
 *     closed() {},
 *   });
 *   input.resume();
 * });
 * if (size !== 7) throw new Error(String(size));
 * ```
 */
export class Pulling {
  readonly #source: Source;
  readonly #events: TransportEvents;
  #wanted = false;
  #asking = false;
  #reading = false;
  #ended = false;
  #stopped = false;
  #failure: ChatError | undefined;
  readonly #told: Promise<void>;
  #settle: () => void = () => {};

  /** Asks nothing before {@linkcode resume}. */
  constructor(source: Source, events: TransportEvents) {
    this.#source = source;
    this.#events = events;
    this.#told = new Promise((resolve) => this.#settle = resolve);
  }

  /** Lets input come. Idempotent. */
  resume(): void {
    this.#wanted = true;
    if (!this.#asking && !this.#isOver) void this.#ask();
  }

  /** Asks no more; the answer to a question that is under way is still told. Idempotent. */
  pause(): void {
    this.#wanted = false;
  }

  /** Tells nothing any more, not even the answer that is under way. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#settle();
  }

  /**
   * The output failed, and so the connection. While input is wanted, what came before is told
   * first: a server's last words explain why it stopped reading. Nobody knows when a paused reader
   * will go on, so then the failure is told at once. Only the first counts.
   *
   * @returns a promise for when it has been told; answer the write with 0 then, and not before
   */
  fail(error: ChatError): Promise<void> {
    if (this.#failure !== undefined || this.#stopped) return this.#told;
    this.#failure = error;
    if (!this.#asking) this.#tellFailure(error);
    return this.#told;
  }

  /** Whether a question is under way: its answer cannot be called off. */
  get isReading(): boolean {
    return this.#reading;
  }

  get #isOver(): boolean {
    return this.#ended || this.#stopped || this.#failure !== undefined;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    while (this.#wanted && !this.#ended) {
      const chunk = await this.#next();
      if (this.#stopped) return;
      if (chunk === null) this.#ended = true;
      else if (!this.#events.data(chunk)) this.#wanted = false;
      if (this.#stopped) return;
    }
    this.#asking = false;
    if (this.#failure !== undefined) this.#tellFailure(this.#failure);
    else if (this.#ended) this.#events.ended();
  }

  async #next(): Promise<Uint8Array | null> {
    this.#reading = true;
    try {
      return await this.#source.read();
    } catch (error) {
      this.#failure ??= this.#source.explain(error);
      return null;
    } finally {
      this.#reading = false;
    }
  }

  #tellFailure(error: ChatError): void {
    this.#events.failed(error);
    this.#settle();
  }
}

/** The error for TLS that shall begin while a read is under way, whose answer would be lost to it. */
export function readUnderWay(peer: string): ChatError {
  return new ChatError(
    "unsupported",
    `a read from ${peer} is under way, which this runtime cannot call off, and TLS cannot begin ` +
      "before its answer: call startTls() in the hook that is told of the go-ahead, or pause() " +
      "there; with a Chat, do not cancel a read before it",
  );
}
