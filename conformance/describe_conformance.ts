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
 * Cases with sockets need a witness: hand its `control` address over.
 *
 * @example Some cases that need no socket, with a test function of our own
 * ```ts
 * import * as adapter from "asynchat/adapters/node";
 * import { describeConformance, type Subject } from "asynchat/conformance";
 *
 * const subject: Subject = { name: "Mine", runtime: "node", version: "1.0.0", adapter };
 * const tests: { name: string; run: () => Promise<void> }[] = [];
 * const test = (name: string, run: () => Promise<void>) => tests.push({ name, run });
 *
 * describeConformance(subject, test, { only: "TERM-1" });
 *
 * if (!tests.every(({ name }) => name.startsWith("TERM-1."))) throw new Error("not selected");
 * for (const { run } of tests) await run();
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
