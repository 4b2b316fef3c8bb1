/**
 * Runs one case on one subject, and says what came of it.
 *
 * @module
 */

import { type Case, Failure } from "./case.ts";
import { CaseContext, type Surroundings } from "./context.ts";
import { before, show } from "./expect.ts";
import { gapOf, type KnownGap } from "./known_gaps.ts";
import type { Result, Verdict } from "./result.ts";
import { exclusion } from "./select.ts";
import type { TraceLine } from "./trace.ts";
import { WitnessError } from "./witness.ts";

/** How long a case may take when it does not say, in milliseconds. */
const BUDGET = 5_000;

/** The same for cases that wait for nobody: they compute, and on a busy machine that takes long. */
const CORE_BUDGET = 60_000;

/** How long a case may take, in milliseconds, before patience. */
export function budgetOf({ budget, role }: Pick<Case, "budget" | "role">): number {
  return budget ?? (role === "core" ? CORE_BUDGET : BUDGET);
}

/** What a case is run with. */
export interface CaseRun extends Surroundings {
  readonly knownGaps: readonly KnownGap[];
  /** Errors that nobody caught and that end up in the process come here while it runs. */
  readonly strays: Strays;
}

/** Errors that nobody caught, for whichever case is under way. */
export class Strays {
  #errors: unknown[] = [];
  #onstray: ((error: unknown) => void) | undefined;

  /** One came. */
  add(error: unknown): void {
    this.#errors.push(error);
    this.#onstray?.(error);
  }

  /** Rejects with the next one. */
  next(): Promise<never> {
    return new Promise((_, reject) => this.#onstray = (error) => reject(stray(error)));
  }

  /** All that came, in words. */
  take(): string[] {
    this.#onstray = undefined;
    return this.#errors.splice(0).map((error) => stray(error).message);
  }
}

class StrayError extends Failure {}

function stray(error: unknown): Failure {
  return new StrayError(`an error that nobody caught: ${show(error)}`);
}

/** What a case was found to do wrong. */
interface Finding {
  readonly error: unknown;
  /** Against what holds in every case, whatever its level. */
  readonly always: boolean;
}

/** Runs it. Never rejects. */
export async function runCase(theCase: Case, run: CaseRun): Promise<Result> {
  const excluded = exclusion(theCase, run.subject);
  if (excluded !== undefined) return { id: theCase.id, ms: 0, ...excluded };

  const started = performance.now();
  const context = new CaseContext(run, budgetOf(theCase));
  const findings: Finding[] = [];
  let trace: TraceLine[] | undefined;
  try {
    await guarded(theCase, context, run);
  } catch (error) {
    if (!(error instanceof StrayError)) findings.push({ error, always: false });
    trace = await context.trace();
  }
  try {
    const wrong = await context.finish();
    for (const message of wrong) findings.push({ error: new Failure(message), always: true });
    if (wrong.length > 0) trace ??= await context.trace();
  } catch (error) {
    findings.push({ error, always: true });
  }
  for (const message of run.strays.take()) {
    findings.push({ error: new Failure(message), always: true });
  }
  const result: Result = {
    id: theCase.id,
    ms: Math.round(performance.now() - started),
    ...judge(theCase, findings),
    ...(Object.keys(context.noted).length === 0 ? {} : { info: context.noted }),
  };
  return compared(
    trace === undefined ? result : { ...result, trace },
    gapOf(run.knownGaps, theCase.id, run.subject),
  );
}

async function guarded(theCase: Case, context: CaseContext, run: CaseRun): Promise<void> {
  const milliseconds = budgetOf(theCase) * run.patience;
  const deadline = () => context.patience.until();
  const done = Promise.race([theCase.run(context), run.strays.next()]).then(() => true);
  // Whoever never lets go of the turn is done before any timer can say that it is late.
  if (await before(deadline, done) && performance.now() <= deadline()) return;
  throw new Failure(`took longer than ${milliseconds} ms`);
}

function judge(
  { level }: Case,
  findings: readonly Finding[],
): Pick<Result, "verdict" | "detail" | "expected" | "observed"> {
  const [first] = findings;
  if (first === undefined) return { verdict: level === "INFO" ? "info" : "pass" };
  const broken = findings.some(({ error }) => error instanceof WitnessError);
  const { expected, observed } = first.error instanceof Failure ? first.error : {};
  return {
    verdict: broken ? "error" : findings.some(({ always }) => always) ? "fail" : missed(level),
    detail: findings.map(({ error }) => inWords(error)).join("; and then "),
    ...(expected === undefined ? {} : { expected }),
    ...(observed === undefined ? {} : { observed }),
  };
}

function missed(level: Case["level"]): Verdict {
  return level === "MUST" ? "fail" : level === "SHOULD" ? "non-strict" : "info";
}

function inWords(error: unknown): string {
  if (error instanceof Failure || error instanceof WitnessError) return error.message;
  const stack = error instanceof Error
    ? error.stack?.split("\n").slice(1, 4).join("\n")
    : undefined;
  return stack === undefined ? show(error) : `${show(error)}\n${stack}`;
}

function compared(result: Result, gap: KnownGap | undefined): Result {
  if (gap === undefined) return result;
  const { verdict, detail } = result;
  if (verdict === "fail" || verdict === "non-strict") {
    return { ...result, verdict: "known", detail: `${gap.note} (${gap.issue}): ${detail}` };
  }
  if (verdict !== "pass" || gap.sometimes) return result;
  return {
    ...result,
    verdict: "fail",
    detail: `passes, though it is known to fail: ${gap.note} (${gap.issue}); remove its known gap`,
  };
}
