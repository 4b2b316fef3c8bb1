/**
 * How a conversation ended.
 *
 * @module
 */

import { type ChatError, IncompleteFrameError } from "./errors.ts";
import { heldBytes, type Input } from "./input.ts";
import { byteCount } from "./wording.ts";

/**
 * How a conversation ended, in one word that is the same on every runtime.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `ended` | the peer sent its FIN first; everything of ours went out after it |
 * | `closed` | your `close()`, or your `closeWhenDone()` with the peer's FIN after ours |
 * | `aborted` | your `abort()`; `error` is the reason you gave |
 * | `reset` | the peer or the network cut the connection |
 * | `timeout` | a deadline passed |
 * | `limit` | a bound on memory was reached |
 * | `detached` | your `detach()`: somebody else has the connection now |
 * | `failed` | anything else; `error` says what |
 */
export type CloseReason =
  | "ended"
  | "closed"
  | "aborted"
  | "reset"
  | "timeout"
  | "limit"
  | "detached"
  | "failed";

/** How a conversation ended: told once, last. */
export interface CloseReport {
  /** How it ended, in one word. */
  readonly reason: CloseReason;
  /** What ended it, when that was no orderly end. */
  readonly error?: Error;
  /** Queued output, in bytes, that was not handed to the system. What producers hold is not counted. */
  readonly bytesUnsent: number;
  /** The frame that was under way when the input ended, if there was one. */
  readonly incomplete?: IncompleteFrameError;
}

/** The reason that an error of a kind stands for. */
export function reasonOf({ kind }: ChatError, otherwise: CloseReason = "failed"): CloseReason {
  switch (kind) {
    case "reset":
    case "timeout":
    case "limit":
    case "aborted":
      return kind;
    default:
      return otherwise;
  }
}

/** What a close report is made of, as it comes to light. Of several reasons the first counts. */
export class Ending {
  /** Queued output that was dropped so far, in bytes. */
  bytesUnsent = 0;
  #reason: CloseReason | undefined;
  #error: Error | undefined;
  #incomplete: IncompleteFrameError | undefined;

  /** What ended it, when that was no orderly end. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** It ends, or will end, because of that. */
  because(reason: CloseReason, error: Error | undefined): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#error = error;
  }

  /** The input ends here: what there is of a frame will be no frame. */
  cut(input: Input): void {
    this.#incomplete ??= cutFrame(input);
  }

  /** How it ended; to be asked when something has. */
  report(): CloseReport {
    return {
      reason: this.#reason!,
      bytesUnsent: this.bytesUnsent,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#incomplete === undefined ? {} : { incomplete: this.#incomplete }),
    };
  }
}

/** The frame under way, if any byte of it has come. */
function cutFrame(input: Input): IncompleteFrameError | undefined {
  const { terminator, remaining } = input;
  const received = input.length + heldBytes(input).length;
  if (terminator.kind === "raw" || received === 0) return undefined;
  const expected = terminator.kind === "count" ? byteCount(remaining, "more ") : "its delimiter";
  return new IncompleteFrameError(received, expected);
}
