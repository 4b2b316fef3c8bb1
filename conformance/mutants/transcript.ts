/**
 * Faults of the recorder and of the replayer.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const tape = "core/testing/transcript/tape.ts";
const listening = "core/testing/transcript/listening.ts";
const recorder = "core/testing/transcript/recorder.ts";
const lines = "core/testing/transcript/lines.ts";

/** The faults. */
export const transcriptMutants: readonly Mutant[] = [
  {
    fault: "what a session does of itself is recorded, and so done twice",
    file: tape,
    find: "if (this.#inside || this.#end !== undefined) return run();",
    replace: "if (this.#end !== undefined) return run();",
    caughtBy: "TRN-1.1",
  },
  {
    fault: "that a producer's promise has settled is not recorded",
    file: listening,
    find: 'return tape.call("answer", () => ({ producer: id, ...answer() }), act);',
    replace: "return act();",
    caughtBy: "TRN-1.1",
  },
  {
    fault: "that a hook has returned a promise is not recorded",
    file: listening,
    find: "return { stop: true };",
    replace: "return {};",
    caughtBy: "TRN-2.1",
  },
  {
    fault: "the time is not recorded",
    file: recorder,
    find: 'this.#wrap("tick", session.tick, (now) => ({ value: now }));',
    replace: "",
    caughtBy: "TRN-5.1",
  },
  {
    fault: "a transcript's checksum is not looked at",
    file: lines,
    find: "if (sum !== sumOf(lines)) {",
    replace: "if (sum === null) {",
    caughtBy: "TRN-7.2",
  },
];
