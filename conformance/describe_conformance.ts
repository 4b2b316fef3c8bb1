/**
 * The suite as tests of whatever runner you use.
 *
 * @module
 */

import type { Subject } from "./case.ts";
import { cases as allCases } from "./cases/index.ts";
import { isGood, type Result } from "./result.ts";
import { type RunOptions, runSuite } from "./run.ts";
import { exclusion, inWords, select } from "./select.ts";

/** As much of a runner's `test` as is needed: vitest's, Bun's, `node:test`'s. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown;

/**
 * Makes one test of each case, named `"CLS-2.1 MUST …"`.
 *
 * A case that does not apply passes, and its name says why: there is no skipped test to overlook.
 *
 * @example
 * ```ts ignore
 * import { describeConformance } from "asynchat/conformance";
 * import { startWitness } from "asynchat/conformance/node";
 * import { test } from "vitest";
 * import { subject } from "./my_adapter.ts";
 *
 * const { control } = await startWitness();
 * describeConformance(subject, test, { control });
 * ```
 */
export function describeConformance(
  subject: Subject,
  test: TestFunction,
  options: RunOptions = {},
): void {
  const { cases = allCases, only = "*" } = options;
  for (const each of select(cases, only)) {
    const excluded = exclusion(each, subject);
    const name = testName(each, excluded && inWords(excluded));
    test(name, async () => {
      const results = await runSuite(subject, { ...options, ids: [each.id] });
      for (const result of results) if (result.verdict !== "unknown") needGood(result);
    });
  }
}

/** How the test of a case is called. */
export function testName(
  { id, level, title }: { readonly id: string; readonly level: string; readonly title: string },
  note?: string,
): string {
  return `${id} ${level} ${title}${note === undefined ? "" : ` [${note}]`}`;
}

/**
 * Lets a test fail when its case did.
 *
 * @throws {Error} with everything that is known about it.
 */
export function needGood(result: Result): void {
  if (isGood(result)) return;
  const { id, verdict, detail, expected, observed, trace = [], again } = result;
  const lines = trace.map(({ at, side, what }) => `  ${at.toFixed(1)} ms  ${side}: ${what}`);
  throw new Error([
    `${id}${again ? ", run again at the end," : ""}: ${verdict}: ${detail ?? "no reason is known"}`,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(observed === undefined ? [] : [`observed: ${observed}`]),
    ...lines,
  ].join("\n"));
}
