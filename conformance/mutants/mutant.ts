/**
 * A mutant: one deliberate fault in the core or in an adapter, and the case that is aimed at it.
 *
 * @module
 */

/** A fault, as an edit of one file. */
export interface Mutant {
  /** What it does wrong. */
  readonly fault: string;
  /** The file that is edited. */
  readonly file: string;
  /** What is there now, exactly once. */
  readonly find: string;
  /** What is put in its place. */
  readonly replace: string;
  /** The case that must fail because of it. */
  readonly caughtBy: string;
}
