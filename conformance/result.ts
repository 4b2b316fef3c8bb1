/**
 * What is known of a case after it was run.
 *
 * @module
 */

import type { TraceLine } from "./trace.ts";

/**
 * What came of a case on one subject.
 *
 * | verdict | letter | meaning |
 * | --- | --- | --- |
 * | `pass` | P | its title is true |
 * | `non-strict` | N | a SHOULD that is not met |
 * | `info` | I | an INFO case: it only tells |
 * | `unsupported` | – | the subject declares that it cannot do this; the reason is in `detail` |
 * | `does not apply` | · | the contrary case of something that the subject can do |
 * | `known` | K | fails as `known_gaps.ts` says it does |
 * | `fail` | F | its title is not true |
 * | `error` | E | the suite or its witness broke: nothing is known |
 * | `unknown` | | there is no case of that id |
 */
export type Verdict =
  | "pass"
  | "non-strict"
  | "info"
  | "unsupported"
  | "does not apply"
  | "known"
  | "fail"
  | "error"
  | "unknown";

/** The letter of each verdict in a table; a case that was not run has none. */
export const LETTERS: Readonly<Record<Verdict, string>> = {
  pass: "P",
  "non-strict": "N",
  info: "I",
  unsupported: "–",
  "does not apply": "·",
  known: "K",
  fail: "F",
  error: "E",
  unknown: "?",
};

/** One case on one subject. */
export interface Result {
  /** The case's id, or the one that was asked for and does not exist. */
  readonly id: string;
  /** What came of it. */
  readonly verdict: Verdict;
  /** How long it took, its closing and the look for leaks included; in milliseconds. */
  readonly ms: number;
  /** Why it is what it is, in words. */
  readonly detail?: string;
  /** What should have been, where the case could tell. */
  readonly expected?: string;
  /** What was, where the case could tell. */
  readonly observed?: string;
  /** What the case noted. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** What happened, when it did not pass. */
  readonly trace?: readonly TraceLine[];
  /** The first case of the run once more, at its end: the subject and the witness still live. */
  readonly again?: true;
}

/** Whether a run with this result may be called green. */
export function isGood({ verdict }: Pick<Result, "verdict">): boolean {
  return verdict !== "fail" && verdict !== "error" && verdict !== "unknown";
}
