/**
 * What the fuzzer does to a conversation, written down so that it can be done again, and made smaller.
 *
 * @module
 */

import type { Terminator } from "../../core/terminator.ts";

/** What a producer does, piece by piece; `"throw"` and `"reject"` end it. */
export type Pieces = readonly (string | "not yet" | "throw" | "reject")[];

/** A command, given from a hook or from outside. */
export type Command =
  | { readonly do: "terminator"; readonly to: Terminator }
  | { readonly do: "push"; readonly size: number }
  | { readonly do: "produce"; readonly pieces: Pieces; readonly later: boolean }
  | { readonly do: "throw" }
  | { readonly do: "wait"; readonly turns: number }
  | {
    readonly do:
      | "resumeProducers"
      | "pause"
      | "resume"
      | "end"
      | "closeWhenDone"
      | "close"
      | "abort"
      | "discardBuffers";
  };

/** The hooks that react. */
export type Reacting =
  | "handleConnect"
  | "collectIncomingData"
  | "foundTerminator"
  | "handleDrain"
  | "handleTimeout"
  | "handleEnd"
  | "handleError"
  | "handleException";

/** What a hook does the `nth` time that it is called. */
export interface Reaction {
  readonly hook: Reacting;
  readonly nth: number;
  readonly commands: readonly Command[];
}

/** What happens to a conversation from outside. */
export type Input =
  | { readonly do: "receive"; readonly text: string }
  | { readonly do: "command"; readonly command: Command }
  | { readonly do: "tick"; readonly milliseconds: number }
  | { readonly do: "room"; readonly bytes: number }
  | { readonly do: "turn" | "fin" | "reset" | "gone" };

/** One conversation: how it is made, what happens, and how it reacts. */
export interface Script {
  readonly limits: {
    readonly maxFrameLength?: number;
    readonly overlong?: "close" | "skip";
    readonly highWaterMark?: number;
    readonly lowWaterMark?: number;
    readonly maxQueued?: number;
    readonly idleTimeout?: number;
    readonly frameTimeout?: number;
    readonly closeTimeout?: number;
  };
  readonly terminator: Terminator;
  readonly reactions: readonly Reaction[];
  readonly inputs: readonly Input[];
}

/** What a hook or a producer of a script throws. */
export class Boom extends Error {}
