/** Counts what was checked. */
export class Report {
  #passed = 0;
  #failed = 0;
  #notRun = 0;

  /** Says what was seen when it does not hold. */
  check(what: string, holds: boolean, observed?: unknown): void {
    if (holds) this.#passed++;
    else this.#failed++;
    const detail = holds ? "" : `: ${String(JSON.stringify(observed)).slice(0, 500)}`;
    console.log(`${holds ? "ok     " : "FAILED "} ${what}${detail}`);
  }

  /** What was not run was not passed. */
  notRun(what: string, why: string): void {
    this.#notRun++;
    console.log(`NOT RUN ${what}: ${why}`);
  }

  /** The last line is for machines. */
  end(): boolean {
    console.log(`\n${this.#notRun} not run\n${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0;
  }
}
