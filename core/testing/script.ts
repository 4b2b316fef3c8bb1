/**
 * What the other end of a conversation says and expects, written down.
 *
 * @module
 */

import type { Protocol } from "../protocol.ts";

/** What can happen to a connection beside bytes. */
export interface Sign<Name extends string = string> {
  /** What it is called. */
  readonly sign: Name;
}

/** To send: the peer has nothing more to say. To expect: the conversation has said so. */
export const FIN: Sign<"FIN"> = { sign: "FIN" };
/** To send: the peer cuts the connection. To expect: the conversation has cut it so. */
export const RESET: Sign<"RESET"> = { sign: "RESET" };
/**
 * To send: the peer closes its socket, a FIN, and whatever comes afterwards is answered with a
 * reset. To expect: the conversation has given its socket back in good order.
 */
export const CLOSE: Sign<"CLOSE"> = { sign: "CLOSE" };
/** To expect: nothing comes, however long one waits. */
export const NOTHING: Sign<"NOTHING"> = { sign: "NOTHING" };

/** One step of a script. The conversation under test is at the other end of each. */
export type ScriptStep =
  | {
    /** The peer sends text, as UTF-8, or bytes, in one segment; or ends. */
    readonly send: string | Uint8Array | Sign<"FIN" | "RESET" | "CLOSE">;
    /** The size of every segment, in bytes, instead of one segment. */
    readonly piece?: number;
  }
  | {
    /**
     * The conversation says exactly this next. A regular expression is matched at the beginning of
     * what has come, and takes what it matches: end it with the end of the frame.
     */
    readonly expect: string | Uint8Array | RegExp | Sign<"FIN" | "RESET" | "CLOSE" | "NOTHING">;
  }
  | {
    /** The next message that the conversation sends, compared deeply. */
    readonly expect: unknown;
    /** How that message is read, such as `netstring().decode`. */
    readonly as: Protocol<unknown>;
  }
  | {
    /** So many milliseconds pass; deadlines on the way are met. */
    readonly wait: number;
  }
  | {
    /** So many bytes the peer takes from now on, then it reads no more; `Infinity` lets it read. */
    readonly room: number;
  };

/** What the other end says and expects, in order. */
export type Script = readonly ScriptStep[];

/** The conversation did something else than the script expects. */
export class ScriptError extends Error {
  /** `"ScriptError"`. */
  override name = "ScriptError";
  /** Which step, counted from 1; one more than there are for what came after the last. */
  readonly step: number;
  /** What was expected, in words. */
  readonly expected: string;
  /** What came instead, in words. */
  readonly observed: string;
  /** The sizes of the chunks, in bytes, that the peer sent, where they are what made it fail. */
  readonly sizes: readonly number[] | undefined;

  /** Makes the error for one step. */
  constructor(
    { step, expected, observed, sizes, cause }:
      & Pick<ScriptError, "step" | "expected" | "observed">
      & Partial<Pick<ScriptError, "sizes" | "cause">>,
  ) {
    super(
      `step ${step}: expected ${expected}, got ${observed}` +
        (sizes === undefined ? "" : `; the peer's bytes came in chunks of ${sizes.join(", ")}`),
      cause === undefined ? undefined : { cause },
    );
    this.step = step;
    this.expected = expected;
    this.observed = observed;
    this.sizes = sizes;
  }
}
