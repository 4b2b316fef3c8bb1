/**
 * A protocol over chunks, or over plain data: no conversation, no promise.
 *
 * @module
 */

import { changeTerminator, feed, finish, initialInput, type Input } from "./input.ts";
import type { Protocol } from "./protocol.ts";
import { ProtocolRun } from "./protocol_run.ts";
import { encode } from "./text.ts";

/**
 * Runs a protocol over and over: give it chunks, iterate over the messages in them.
 *
 * What comes out depends on the bytes alone, not on how they were cut into chunks. A message is
 * looked for when it is asked for: all before a mistake are told, then the error is thrown, then
 * and whenever the parser is asked again. The generator of a message starts only when the message
 * before has been taken, so it may depend on what you made of that.
 *
 * @example
 * ```ts
 * import { Parser, until } from "asynchat";
 *
 * const parser = new Parser(function* () {
 *   const key = yield* until("=", { max: 32 });
 *   const value = yield* until(";");
 *   return [key, value].map((bytes) => new TextDecoder().decode(bytes)).join(" is ");
 * });
 *
 * const told: string[] = [];
 * for (const chunk of ["a=", "1;b", "=2;"]) {
 *   for (const pair of parser.receive(new TextEncoder().encode(chunk))) told.push(pair);
 * }
 * for (const pair of parser.end()) told.push(pair);
 * if (told.join() !== "a is 1,b is 2") throw new Error(told.join());
 * ```
 */
export class Parser<T> implements Iterable<T> {
  readonly #run: ProtocolRun<T>;
  /** The bounds are the steps' own. */
  #input: Input = initialInput(Infinity, false);
  #chunks: Uint8Array[] = [];
  #started = false;
  #complete = false;
  #phase: "open" | "ending" | "ended" = "open";

  readonly #sink = {
    stopped: false,
    data: (source: Uint8Array, start: number, end: number): void =>
      this.#run.data(source, start, end),
    found: () => {
      this.#complete = this.#sink.stopped = this.#run.found();
      return this.#run.step.compiled;
    },
    // A limit of Infinity is never reached.
    overflow: (): void => {},
  };

  /** Prepares a parser. Nothing runs before bytes have come. */
  constructor(protocol: Protocol<T>) {
    this.#run = new ProtocolRun(protocol);
  }

  /**
   * Takes bytes. They are borrowed until an iteration has come to its end; after that `chunk` is
   * not looked at any more.
   *
   * @returns the parser itself, to iterate over
   * @throws {Error} after {@linkcode end}.
   */
  receive(chunk: Uint8Array): this {
    if (this.#phase !== "open") throw new Error("receive() was called after end()");
    if (chunk.length > 0 && !this.#run.hasFailed) this.#chunks.push(chunk);
    return this;
  }

  /**
   * Says that nothing will follow. An end between two messages is fine.
   *
   * The iteration then throws an {@linkcode IncompleteFrameError} if the input ended inside a
   * message whose protocol does not expect that.
   *
   * @returns the parser itself, to iterate over
   */
  end(): this {
    if (this.#phase === "open") this.#phase = "ending";
    return this;
  }

  /**
   * The messages that are complete. Leave the loop when you like and come back: none is lost.
   *
   * @throws {ChatError} kind `"protocol"`, `"limit"` or `"incomplete"`, and whatever the protocol
   * itself throws; again at every later iteration.
   */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    while (this.#findMessage()) {
      this.#complete = this.#started = false;
      yield this.#run.take();
    }
    this.#run.settle();
  }

  #findMessage(): boolean {
    while (!this.#complete && this.#phase !== "ended") {
      const chunk = this.#chunks[0];
      if (chunk === undefined && this.#phase === "open") return false;
      this.#start();
      this.#sink.stopped = false;
      this.#input = chunk === undefined
        ? finish(this.#input, this.#sink)
        : feed(this.#input, chunk, this.#sink);
      if (this.#input.stopped) continue;
      if (chunk !== undefined) {
        this.#chunks.shift();
        continue;
      }
      this.#complete = this.#run.end();
      this.#phase = "ended";
    }
    return this.#complete;
  }

  #start(): void {
    if (this.#started) return;
    this.#run.begin();
    this.#started = true;
    const { compiled } = this.#run.step;
    // In force since it was answered to found().
    if (compiled === this.#input.terminator) return;
    this.#input = changeTerminator(this.#input, compiled);
  }
}

/**
 * Runs a protocol over plain data, over and over to its end, and gives the messages.
 *
 * @param input text (as UTF-8) or bytes, which are read and not kept
 * @throws {IncompleteFrameError} when the data ends inside a message whose protocol does not expect
 * that; between two messages is fine.
 * @throws {ChatError} kind `"protocol"` or `"limit"`, and whatever the protocol itself throws.
 *
 * @example
 * ```ts
 * import { parse, until } from "asynchat";
 *
 * const lines = parse(function* () {
 *   return (yield* until("\n")).length;
 * }, "one\nthree\n\n");
 * if (lines.join() !== "3,5,0") throw new Error(lines.join());
 * ```
 */
export function parse<T>(protocol: Protocol<T>, input: string | Uint8Array): T[] {
  const bytes = typeof input === "string" ? encode(input) : input;
  return [...new Parser(protocol).receive(bytes).end()];
}
