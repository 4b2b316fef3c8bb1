/**
 * The clauses that no case tests, and why: an honest list is part of the result.
 *
 * @module
 */

/** A clause that is known and not tested here. */
export interface Untested {
  /** The clause's id: `"LSN-7"`. */
  readonly clause: string;
  /** What it demands, in a sentence. */
  readonly text: string;
  /** Why no case tests it, and who watches it instead if anybody does. */
  readonly reason: string;
}

/** Clauses without a case. */
export const untested: readonly Untested[] = [
  {
    clause: "LSN-7",
    text: "Running out of file descriptors on accept does not end the listener.",
    reason:
      "It takes a process with a low limit of its own, which a case cannot start everywhere. A test " +
      "beside the suite does that with the adapters for Node, Deno and Bun.",
  },
  {
    clause: "CB-8",
    text: "No unhandled rejection and no uncaught error in the whole run.",
    reason: "Watched by the runner in every case, not by a case of its own.",
  },
  {
    clause: "LEAK-5",
    text: "The process ends by itself, with as many file descriptors as it began with.",
    reason: "Seen only from outside the process: the launchers wait for it.",
  },
];
