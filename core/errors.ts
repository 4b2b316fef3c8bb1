/**
 * One taxonomy of failures: the same cause has the same {@linkcode ErrorKind} on every runtime.
 *
 * @module
 */

import { about, byteCount } from "./wording.ts";

/**
 * What went wrong, in one word that is the same on every runtime.
 *
 * | kind | meaning |
 * | --- | --- |
 * | `refused` | nobody listens there, or the network would not let us through |
 * | `dns` | the name does not resolve |
 * | `timeout` | a deadline that you set, or a default one, passed |
 * | `aborted` | your `AbortSignal` or your `abort()` |
 * | `reset` | the peer, or the network, cut the connection |
 * | `closed` | the conversation is over; the call came too late |
 * | `tls` | the handshake or a certificate |
 * | `incomplete` | the input ended inside a frame |
 * | `limit` | a bound on memory was reached |
 * | `protocol` | the peer broke the rules of the protocol |
 * | `unsupported` | this runtime cannot do it; see the adapter's `capabilities` |
 * | `unknown` | anything else; `cause` has the runtime's own error |
 */
export type ErrorKind =
  | "refused"
  | "dns"
  | "timeout"
  | "aborted"
  | "reset"
  | "closed"
  | "tls"
  | "incomplete"
  | "limit"
  | "protocol"
  | "unsupported"
  | "unknown";

/** What can be told about a {@linkcode ChatError} beside its kind and message. */
export interface ChatErrorOptions {
  /** The runtime's own error, kept as `cause`. */
  readonly cause?: unknown;
  /** The system's error code, such as `ECONNREFUSED`, where the runtime gives one. */
  readonly code?: string | undefined;
}

/**
 * Every failure that the library itself reports.
 *
 * The message says what happened, to which peer, and what to do next. Decide by `kind`, never by
 * the message: the wording may change in any release.
 *
 * @example
 * ```ts
 * import { ChatError } from "asynchat";
 *
 * const error = new ChatError("refused", "127.0.0.1:6379 refused the connection", {
 *   code: "ECONNREFUSED",
 * });
 * if (error.kind !== "refused" || error.code !== "ECONNREFUSED") throw new Error("unreachable");
 * ```
 */
export class ChatError extends Error {
  /** What went wrong, in one word that is the same on every runtime. */
  readonly kind: ErrorKind;
  /** The system's error code, such as `ECONNRESET`; `undefined` where the runtime gives none. */
  readonly code: string | undefined;

  /**
   * Makes an error of one kind.
   *
   * @param kind what went wrong
   * @param message what happened, to which peer, and what to do next
   * @param options the runtime's own error and its code
   */
  constructor(kind: ErrorKind, message: string, options: ChatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ChatError";
    this.kind = kind;
    this.code = options.code;
  }
}

/**
 * The input ended inside a frame. Such an end is never a frame, and what it means is the protocol's
 * decision.
 *
 * With hooks what came has been delivered, and this is `incomplete` in the close report. A read of a
 * `Chat` that must have a frame rejects with it; a protocol is thrown it where it waits, and so
 * `parse` and a `Parser` throw it, unless the protocol catches it to say it in its own words.
 *
 * @example
 * ```ts
 * import { IncompleteFrameError } from "asynchat";
 *
 * const error = new IncompleteFrameError(3, "a delimiter");
 * if (error.kind !== "incomplete" || error.received !== 3) throw new Error("unreachable");
 * ```
 */
export class IncompleteFrameError extends ChatError {
  /** Bytes of the frame that did come. */
  readonly received: number;
  /** What would have ended the frame, in words: `"a delimiter"`, `"7 more bytes"`. */
  readonly expected: string;

  /**
   * Makes the error for a frame that was cut.
   *
   * @param received bytes of the frame that did come
   * @param expected what would have ended the frame, in words
   * @param peer who was at the other end, where that is known
   */
  constructor(received: number, expected: string, peer?: string) {
    const came = `${byteCount(received)} came, then ${expected} was expected`;
    super("incomplete", about(peer, `the input ended inside a frame: ${came}`));
    this.name = "IncompleteFrameError";
    this.received = received;
    this.expected = expected;
  }
}

/**
 * A bound on memory was reached: a frame longer than the frame limit, or a full output queue.
 *
 * @example
 * ```ts
 * import { AsyncChat, LimitError } from "asynchat";
 *
 * const chat = new AsyncChat({ maxFrameLength: 16 });
 * try {
 *   chat.setTerminator(17);
 *   throw new Error("unreachable");
 * } catch (error) {
 *   if (!(error instanceof LimitError) || error.limit !== 16) throw error;
 * }
 * ```
 */
export class LimitError extends ChatError {
  /** The bound, in bytes. */
  readonly limit: number;
  /** Bytes that were held, or asked for, when the bound was reached. */
  readonly held: number;

  /**
   * Makes the error for a bound that was reached.
   *
   * @param message what was too long and which option raises the bound
   * @param limit the bound, in bytes
   * @param held bytes held, or asked for, when it was reached
   */
  constructor(message: string, limit: number, held: number) {
    super("limit", message);
    this.name = "LimitError";
    this.limit = limit;
    this.held = held;
  }
}
