/**
 * What was checked, and how it went. Its last line is "N passed, N failed", alone.
 *
 * @module
 */

import process from "node:process";

/** Begins a line that says what failed, and how. */
export const FAILED = "FAILED";

/** Begins a line that says what was not run, and why. */
export const NOT_RUN = "NOT RUN";

/** Exit code of checks of which none was run: neither green nor red. */
export const NOTHING_RUN = 2;

/** Counts checks, and says each. */
export class Tally {
  passed = 0;
  failed = 0;
  #notRun = 0;

  /** Something holds or does not; `observed` is shown when it does not. */
  check(what: string, holds: boolean, observed?: unknown): void {
    if (holds) this.passed++;
    else this.failed++;
    const detail = holds || observed === undefined ? "" : `: ${show(observed)}`;
    console.log(`${holds ? "ok".padEnd(FAILED.length) : FAILED} ${what}${detail}`);
  }

  /** Something is what it should be, to the letter. */
  same(what: string, observed: unknown, expected: unknown): void {
    const holds = JSON.stringify(observed) === JSON.stringify(expected);
    this.check(what, holds, holds ? undefined : { observed, expected });
  }

  /** Runs checks; what they throw is one that failed. */
  async run(what: string, checks: () => unknown): Promise<void> {
    try {
      await checks();
    } catch (error) {
      this.failed++;
      console.log(`${FAILED} ${what}: ${error instanceof Error ? error.stack : show(error)}`);
    }
  }

  /** Something cannot be checked here: that counts as nothing. */
  notRun(what: string, why: string): void {
    this.#notRun++;
    console.log(`${NOT_RUN} ${what}: ${why}`);
  }

  /** Adds what others have counted. */
  add({ passed, failed }: { readonly passed: number; readonly failed: number }): void {
    this.passed += passed;
    this.failed += failed;
  }

  /** The last line, and the exit code. */
  end(): void {
    if (this.#notRun > 0) console.log(`${this.#notRun} not run`);
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed > 0 ? 1 : this.passed > 0 ? 0 : NOTHING_RUN;
  }
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 1000);
}
