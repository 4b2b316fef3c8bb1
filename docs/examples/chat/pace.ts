/**
 * How fast somebody may talk.
 *
 * @module
 */

/** What becomes of a line: `"muted"` for the first one that is not heard. */
export type Verdict = "heard" | "muted" | "dropped" | "cut";

/** Seconds of talk that may be saved up, and seconds that somebody is muted. */
const SAVED = 4, MUTED = 5;
/** Lines from somebody who is muted, until there is an end. */
const PATIENCE = 100;

/** A bucket of lines that fills up again. It is told the time, so that a test needs none. */
export class Pace {
  readonly #rate: number;
  #left: number;
  #last = -Infinity;
  #mutedUntil = -Infinity;
  #dropped = 0;

  /** So many lines a second in the long run; `Infinity` for as many as come. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#left = rate * SAVED;
  }

  /** Judges one more line, at `now` milliseconds. */
  judge(now: number): Verdict {
    if (this.#rate === Infinity) return "heard";
    if (now < this.#mutedUntil) return ++this.#dropped > PATIENCE ? "cut" : "dropped";
    const gained = this.#rate * (now - this.#last) / 1000;
    this.#left = Math.min(this.#rate * SAVED, this.#left + gained);
    this.#last = now;
    if (this.#left >= 1) {
      this.#left--;
      return "heard";
    }
    this.#mutedUntil = now + MUTED * 1000;
    this.#dropped = 0;
    return "muted";
  }
}
