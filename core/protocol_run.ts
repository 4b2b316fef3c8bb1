/**
 * Runs a protocol over and over: takes frames, makes messages. Who finds the frames is left open.
 *
 * @module
 */

import { IncompleteFrameError, LimitError } from "./errors.ts";
import { Gatherer } from "./gather.ts";
import { type Protocol, Step } from "./protocol.ts";
import { byteCount } from "./wording.ts";

const NOTHING = new Uint8Array(0);

/**
 * A protocol under way.
 *
 * {@linkcode begin}; then {@linkcode data} and {@linkcode found} for what {@linkcode step} waits
 * for, until `found` answers true; {@linkcode take} the message, and begin again. At the end of the
 * input {@linkcode end}. After an error every call throws that error again.
 */
export class ProtocolRun<T> {
  readonly #protocol: Protocol<T>;
  readonly #gatherer = new Gatherer();
  #generator: Generator<Step, T, Uint8Array> | undefined;
  #step: Step | undefined;
  #message: T | undefined;
  #hasBegun = false;
  #failure: { readonly error: unknown } | undefined;

  /** Nothing runs before {@linkcode begin}. */
  constructor(protocol: Protocol<T>) {
    this.#protocol = protocol;
  }

  /** What is waited for. */
  get step(): Step {
    return this.#step!;
  }

  /** Whether anything of a message has come that has not been taken. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether an error has ended it. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Starts the next message. */
  begin(): void {
    this.#guard(() => {
      this.#generator = this.#protocol();
      if (!this.#resume(NOTHING)) return;
      throw new Error(
        "the protocol made a message out of nothing, and would for ever: it has to yield until(), " +
          "exactly() or rest()",
      );
    });
  }

  /** Payload of the step's frame: `source[start, end)`, borrowed until {@linkcode settle}. */
  data(source: Uint8Array, start: number, end: number): void {
    this.#check();
    this.#hasBegun = true;
    const { max } = this.step;
    if (end - start > max - this.#gatherer.length) {
      this.#fail(
        new LimitError(
          `a frame is longer than ${max} bytes; raise max if the peer is right`,
          max,
          max + 1,
        ),
      );
    }
    this.#gatherer.add(source, start, end);
  }

  /** The step's frame is complete. Answers whether the message is. */
  found(): boolean {
    this.#hasBegun = true;
    return this.#guard(() => this.#resume(this.#gatherer.take()));
  }

  /**
   * The input has ended. Answers whether that completes a message.
   *
   * @throws {IncompleteFrameError} when it ended inside one.
   */
  end(): boolean {
    this.#check();
    if (!this.#hasBegun) return false;
    // An end is told once to until() and once to rest(): a loop over either has to come out.
    for (let told = 0;;) {
      const { orEnd, terminator } = this.step;
      const rank = terminator === null ? 2 : 1;
      if (!orEnd || rank <= told) this.#fail(this.#cut());
      told = rank;
      if (this.#guard(() => this.#resume(this.#gatherer.take()))) return true;
    }
  }

  /** Hands the complete message out. */
  take(): T {
    const message = this.#message;
    this.#message = undefined;
    this.#hasBegun = false;
    return message as T;
  }

  /** Copies what is still borrowed. */
  settle(): void {
    this.#gatherer.settle();
  }

  #resume(bytes: Uint8Array): boolean {
    for (let given = bytes;; given = new Uint8Array(0)) {
      const { done, value } = this.#generator!.next(given);
      if (done) {
        this.#message = value;
        return true;
      }
      if (!(value instanceof Step)) {
        throw new TypeError(
          `a protocol yields until(), exactly() or rest(); got ${String(value)}`,
        );
      }
      this.#step = value;
      if (value.terminator !== 0) return false;
    }
  }

  #cut(): IncompleteFrameError {
    const { length } = this.#gatherer;
    const { terminator } = this.step;
    return new IncompleteFrameError(
      length,
      typeof terminator === "number" ? byteCount(terminator - length, "more ") : "its delimiter",
    );
  }

  /** Throws the error where the protocol waits, so that it may say it in its own words. */
  #fail(error: Error): never {
    this.#gatherer.clear();
    return this.#guard(() => {
      this.#generator!.throw(error);
      throw error;
    });
  }

  #guard<R>(act: () => R): R {
    this.#check();
    try {
      return act();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
