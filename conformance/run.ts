/**
 * Runs the suite on one subject. No test runner, nothing that only one runtime has.
 *
 * @module
 */

import type { Case, Subject } from "./case.ts";
import { cases as allCases } from "./cases/index.ts";
import { type KnownGap, knownGaps as allKnownGaps } from "./known_gaps.ts";
import { integerOf, randomOf, seedFor } from "./random.ts";
import type { Result } from "./result.ts";
import { type CaseRun, runCase, Strays } from "./run_case.ts";
import { select } from "./select.ts";
import { Witness } from "./witness.ts";

/** The seed when none is given. */
export const DEFAULT_SEED = 1996;

/** How many networks a case about broken ones goes through when nothing else is said. */
export const DEFAULT_NETWORKS = 20;

/** How to run the suite. */
export interface RunOptions {
  /** The witness's control address; without it only `core` cases can be run. */
  readonly control?: string;
  /** Decides all data; {@linkcode DEFAULT_SEED}. */
  readonly seed?: number;
  /** Ids, clauses, groups or globs, in an array or separated by commas; all. */
  readonly only?: string | readonly string[];
  /** Exactly these ids, in this order. One that does not exist comes back as `"unknown"`. */
  readonly ids?: readonly string[];
  /** Factor on every time that only guards against hanging; 1. */
  readonly patience?: number;
  /** How many networks a case about broken ones goes through; 20. */
  readonly networks?: number;
  /** Told how far a case has come that takes long. */
  readonly onProgress?: (id: string, done: number) => void;
  /** Told of every case before it is run. */
  readonly onStart?: (id: string) => void;
  /** Told of every result as it is known. */
  readonly onResult?: (result: Result) => void;
  /** Is given where to report errors that reach the process: they fail the case under way. */
  readonly uncaught?: (report: (error: unknown) => void) => void;
  /** The cases; all of the suite's. */
  readonly cases?: readonly Case[];
  /** What is known to fail; the suite's own list. */
  readonly knownGaps?: readonly KnownGap[];
}

/**
 * Runs cases one after the other.
 *
 * The first result is that of a random id that does not exist, which must be `"unknown"`: a runner
 * that passes what it does not know would pass everything. The last one, `again`, is the suite's
 * first case with a socket, which shows that subject and witness lived to the end.
 *
 * @throws {RangeError} when there is nothing to run.
 */
export async function runSuite(subject: Subject, options: RunOptions = {}): Promise<Result[]> {
  const {
    control,
    seed = DEFAULT_SEED,
    cases = allCases,
    knownGaps = allKnownGaps,
    patience = 1,
    networks = DEFAULT_NETWORKS,
    onProgress,
    onStart,
    onResult,
  } = options;
  checkIds(cases);
  const ids = options.ids ?? select(cases, options.only ?? "*").map(({ id }) => id);
  if (ids.length === 0) throw new RangeError("there is no case to run");
  const strays = new Strays();
  options.uncaught?.((error) => strays.add(error));
  const witness = control === undefined ? undefined : new Witness(control);
  const results: Result[] = [];

  async function run(id: string, again: boolean): Promise<void> {
    onStart?.(id);
    const theCase = cases.find((each) => each.id === id);
    const around: CaseRun = {
      subject,
      witness,
      patience,
      knownGaps,
      strays,
      seed: seedFor(seed, id),
      networks,
      onProgress: (done) => onProgress?.(id, done),
    };
    const result = theCase === undefined
      ? { id, verdict: "unknown" as const, ms: 0, detail: "there is no case of that id here" }
      : await runCase(theCase, around);
    results.push(again ? { ...result, again } : result);
    onResult?.(results.at(-1)!);
  }

  for (const id of [unknownId(seed), ...ids]) await run(id, false);
  await run(sanityOf(cases, witness !== undefined).id, true);
  return results;
}

/** The case that is run once more at the end. */
function sanityOf(cases: readonly Case[], sockets: boolean): Case {
  const simple = cases.find(({ role, level, needs = [] }) =>
    role === (sockets ? "client" : "core") && level === "MUST" && needs.length === 0
  );
  return simple ?? cases[0]!;
}

/** An id that no case has, and that nobody could have foreseen. */
function unknownId(seed: number): string {
  const random = randomOf(seed + Math.floor(performance.timeOrigin));
  const letters = Array.from({ length: 8 }, () => String.fromCharCode(integerOf(random, 65, 90)));
  return `${letters.join("")}-${integerOf(random, 100, 999)}.0`;
}

function checkIds(cases: readonly Case[]): void {
  const seen = new Set<string>();
  for (const { id } of cases) {
    if (seen.has(id)) throw new RangeError(`two cases have the id ${id}`);
    if (!/^[A-Z]+-\d+[a-z]?\.\d+$/.test(id)) throw new RangeError(`${id} is no id such as CLS-2.1`);
    seen.add(id);
  }
}
