/**
 * Cases that are known to fail, each with whose fault it is. They are run all the same, and one
 * that passes unexpectedly fails the run until its entry is removed.
 *
 * @module
 */

/** One case that fails on one runtime. */
export interface KnownGap {
  /** The case. */
  readonly id: string;
  /** Where it fails: a runtime (`"bun"`), or a column of the table (`"Node 20"`). */
  readonly runtime: string;
  /** Where it is being dealt with: the address of an issue. */
  readonly issue: string;
  /** What goes wrong, in a sentence. */
  readonly note: string;
  /** It passes at times: then a pass is a pass. */
  readonly sometimes?: true;
}

/** All that is known. */
export const knownGaps: readonly KnownGap[] = [];

/** The gap of a case on a subject. */
export function gapOf(
  gaps: readonly KnownGap[],
  id: string,
  subject: { readonly runtime: string; readonly name: string },
): KnownGap | undefined {
  return gaps.find((gap) =>
    gap.id === id && (gap.runtime === subject.runtime || gap.runtime === subject.name)
  );
}
