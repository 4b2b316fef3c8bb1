/**
 * Protocols as generators: yield what ends the next frame, get the frame.
 *
 * A protocol does no I/O and keeps no buffer. The same generator runs over plain bytes
 * ({@linkcode parse}), over chunks ({@linkcode Parser}) and over a conversation
 * ({@linkcode ProtocolChat}).
 *
 * @module
 */

import { ChatError, type ChatErrorOptions, LimitError } from "./errors.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import {
  type CompiledTerminator,
  compileTerminator,
  type Delimiting,
  RAW,
  sourceOf,
  SPENT,
  type Terminator,
} from "./terminator.ts";

/**
 * How one message is read: a function that starts a generator for each message.
 *
 * It yields {@linkcode until}, {@linkcode exactly} and {@linkcode rest}, is given the bytes of each,
 * as its own, and returns the message. With `yield*` every step has its type; a plain `yield` does
 * the same. What it throws ends the input: {@linkcode protocolError} for what the peer did wrong.
 *
 * @example
 * ```ts
 * import { exactly, parse, until } from "asynchat";
 *
 * function* message() {
 *   const head = yield* until("\r\n", { max: 512 });
 *   const body = yield* exactly(Number(new TextDecoder().decode(head)));
 *   return new TextDecoder().decode(body);
 * }
 *
 * const messages = parse(message, "5\r\nhello0\r\n3\r\nyou");
 * if (messages.join() !== "hello,,you") throw new Error(messages.join());
 * ```
 */
export type Protocol<T> = () => Generator<Step, T, Uint8Array>;

/** Bound of a {@linkcode Step}. */
export interface StepOptions {
  /** Most bytes of payload that it takes, the delimiter not counted; 1 MiB. */
  readonly max?: number;
}

/** How {@linkcode until} reads. */
export interface UntilOptions extends StepOptions {
  /** Whether the end of the input stands for the delimiter as well; false. */
  readonly orEnd?: boolean;
}

/**
 * What a protocol waits for. Immutable: make it once, yield it as often as you like.
 *
 * Made by {@linkcode until}, {@linkcode exactly} and {@linkcode rest}.
 */
export class Step {
  /** What ends it, as for `setTerminator`; 0 for no bytes at all, `null` for the rest. */
  readonly terminator: Terminator;
  /** Most bytes of payload that it takes, the delimiter not counted. */
  readonly max: number;
  /** Whether the end of the input ends it as well. */
  readonly orEnd: boolean;
  /** @internal */
  readonly compiled: CompiledTerminator;

  /** @internal */
  constructor(compiled: CompiledTerminator, max: number, orEnd: boolean) {
    this.terminator = sourceOf(compiled, compiled.kind === "count" ? compiled.bytes : 0);
    this.max = max;
    this.orEnd = orEnd;
    this.compiled = compiled;
  }

  /** Lets `yield*` yield the step and give its bytes, which are the protocol's own. */
  *[Symbol.iterator](): Generator<Step, Uint8Array, Uint8Array> {
    return yield this;
  }
}

/**
 * Waits for a delimiter, or any of several, and gives the bytes before it.
 *
 * @param delimiter text (as UTF-8), bytes, or a list of these; of several the leftmost wins, at the
 * same place the longest
 * @throws {TypeError | RangeError} for what is no delimiter, and for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { parse, until } from "asynchat";
 *
 * const CELL = until([",", "\n"], { max: 80, orEnd: true });
 * const cells = parse(function* () {
 *   return new TextDecoder().decode(yield* CELL);
 * }, "a,b\nc");
 * if (cells.join("|") !== "a|b|c") throw new Error(cells.join("|"));
 * ```
 */
export function until(
  delimiter: Delimiting | readonly Delimiting[],
  options: UntilOptions = {},
): Step {
  const compiled = compileTerminator(delimiter);
  if (compiled.kind !== "delimiter" && compiled.kind !== "any-of") {
    throw new TypeError(
      "until() waits for a delimiter that is not empty; for a number of bytes use exactly(), for " +
        "all there is rest()",
    );
  }
  return new Step(compiled, boundOf(options), options.orEnd ?? false);
}

/**
 * Waits for so many bytes. For 0 nothing is waited for.
 *
 * A length mostly comes from the peer, so a bad one is the peer's fault.
 *
 * @param length in bytes
 * @throws {ChatError} kind `"protocol"` for what is no length: negative, a fraction, `NaN`, or
 * beyond 2^53 - 1.
 * @throws {LimitError} when it is above `max`; nothing has been allocated.
 * @throws {RangeError} for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { exactly, parse } from "asynchat";
 *
 * const pairs = parse(function* () {
 *   const [length = 0] = yield* exactly(1);
 *   return yield* exactly(length);
 * }, Uint8Array.of(2, 7, 8, 0));
 * if (pairs.join("|") !== "7,8|") throw new Error(pairs.join("|"));
 * ```
 */
export function exactly(length: number, options: StepOptions = {}): Step {
  const max = boundOf(options);
  if (!Number.isSafeInteger(length) || length < 0) {
    throw protocolError(`a length is a whole number from 0 to 2^53 - 1; got ${String(length)}`);
  }
  if (length > max) {
    throw new LimitError(
      `a frame of ${length} bytes is longer than ${max} bytes; raise max if the peer is right`,
      max,
      length,
    );
  }
  return new Step(length === 0 ? SPENT : compileTerminator(length), max, false);
}

/**
 * Waits for the end of the input, and gives everything before it.
 *
 * @throws {RangeError} for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { parse, rest, until } from "asynchat";
 *
 * const [message] = parse(function* () {
 *   return { head: yield* until("\n\n"), body: yield* rest({ max: 1024 }) };
 * }, "head\n\nbody\n\nbody");
 * if (message?.body.length !== 10) throw new Error("unreachable");
 * ```
 */
export function rest(options: StepOptions = {}): Step {
  return new Step(RAW, boundOf(options), true);
}

/**
 * Makes the error for a peer that broke the rules: a {@linkcode ChatError} of kind `"protocol"`.
 *
 * @param message what came, and what should have come instead
 *
 * @example
 * ```ts
 * import { ChatError, exactly, parse, protocolError } from "asynchat";
 *
 * function* signed() {
 *   const [magic] = yield* exactly(1);
 *   if (magic !== 0x2a) throw protocolError(`a message begins with 0x2a, not with ${magic}`);
 *   return yield* exactly(2);
 * }
 *
 * try {
 *   parse(signed, "#12");
 *   throw new Error("unreachable");
 * } catch (error) {
 *   if (!(error instanceof ChatError) || error.kind !== "protocol") throw error;
 * }
 * ```
 */
export function protocolError(message: string, options: ChatErrorOptions = {}): ChatError {
  return new ChatError("protocol", message, options);
}

/**
 * A bound in bytes, or the default.
 *
 * @throws {RangeError} for a negative one, and for what is no number.
 */
export function boundOf({ max = DEFAULT_LIMITS.maxFrameLength }: StepOptions): number {
  if (typeof max === "number" && max >= 0) return max;
  throw new RangeError(`max must be a number of bytes from 0 on, or Infinity; got ${String(max)}`);
}
