/**
 * What a case can say about time on a machine that is busy with something else.
 *
 * A wall clock also measures who else is running. So an upper bound is a timer of the same runtime,
 * set when the timer under test must have been set: a standstill delays both alike, and timers that
 * are due fire in the order in which they fell due. And where a case itself has to be quick, it
 * looks at what came of that, on the clock of the conversation, before it blames anybody.
 *
 * @module
 */

import type { Context } from "../case.ts";

/** A timer's clock and ours may differ by so much, in milliseconds. */
export const EARLY = 2;

/** How often a case is willing to meet a machine that is too slow for it. */
const ATTEMPTS = 5;

/** Lets time pass, where time is what the case is about. */
export function passing(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** One timeout of the subject's: not before its time, and not after its upper bound. */
export class Bounds {
  readonly #timeout: number;
  readonly #most: number;
  #begun = 0;
  #told = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = false;
  #lateWhenTold = false;

  /** For a timeout of so many milliseconds, and the most that it may take. */
  constructor(timeout: number, most: number = 1.25 * timeout + 50) {
    this.#timeout = timeout;
    this.#most = most;
  }

  /**
   * The timeout counts anew: not from before `begun`, and from now at the latest. Inside a hook,
   * now is when the turn is over in which the hook is called.
   */
  begin(begun: number = performance.now()): void {
    this.#begun = begun;
    queueMicrotask(() => {
      // Node fires all due timers of one duration at a time: an old one would pull this one along.
      clearTimeout(this.#timer);
      this.#late = false;
      this.#timer = setTimeout(() => this.#late = true, this.#most);
    });
  }

  /** The subject says that time is up; to be called in its hook. The first time is what counts. */
  told(): void {
    if (this.#told > 0) return;
    this.#told = performance.now();
    this.#lateWhenTold = this.#late;
    clearTimeout(this.#timer);
  }

  /** Fails unless it was told in time. */
  need(t: Context): void {
    t.need(this.#told > 0, "time ran out, and it was not told");
    const elapsed = this.#told - this.#begun;
    t.info("milliseconds beyond the timeout", Math.round(elapsed - this.#timeout));
    t.need(elapsed > this.#timeout - EARLY, `told after ${elapsed} ms, before its time`);
    const bound = `a timer of ${this.#most} ms that was set with it fired first`;
    t.need(!this.#lateWhenTold, `told only after ${elapsed} ms: ${bound}`);
  }
}

/** The longest time in which nothing happened, on our own clock. */
export class Gaps {
  /** In milliseconds. */
  longest = 0;
  #last: number | undefined;

  /** Something happened. */
  mark(): void {
    const now = performance.now();
    if (this.#last !== undefined) this.longest = Math.max(this.longest, now - this.#last);
    this.#last = now;
  }

  /** What passes until the next mark is no gap. */
  rest(): void {
    this.#last = undefined;
  }
}

/**
 * Attempts what only shows something on a machine that is quick enough for a timeout of so many
 * milliseconds. When it fails, and there was a gap of that length in it, or of a `share` of it, the
 * machine was not; then it is attempted again, a few times, each with twice the timeout, and the
 * report says so. Without such a gap a failure is the subject's.
 */
export async function undisturbed<Outcome>(
  t: Context,
  timeout: number,
  attempt: (timeout: number, gaps: Gaps) => Promise<Outcome>,
  share: number = 1,
): Promise<Outcome> {
  for (let attempts = 1;; attempts++) {
    const given = timeout * 2 ** (attempts - 1);
    const gaps = new Gaps();
    try {
      return await attempt(given, gaps);
    } catch (error) {
      if (attempts === ATTEMPTS || gaps.longest < given * share - EARLY) throw error;
      t.info("attempts that the machine was too slow for", attempts);
    }
  }
}
