/**
 * How long a case may go on.
 *
 * @module
 */

/** How many budgets a case may take in all, as long as something happens. */
export const MOST_BUDGETS = 4;

/**
 * A budget since something last happened, and a few budgets in all: what is slow because the machine
 * is busy goes on, what hangs does not.
 */
export class Patience {
  readonly #budget: number;
  readonly #start: number = performance.now();
  #renewed: number = this.#start;

  /** Begins with a budget of so many milliseconds. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Something happened. */
  renew(): void {
    this.#renewed = performance.now();
  }

  /** Until when it lasts; a share of the budget ends so much earlier. */
  until(share = 1): number {
    const budget = this.#budget * share;
    return Math.min(this.#renewed + budget, this.#start + MOST_BUDGETS * budget);
  }
}
