/**
 * A timer for a deadline that moves all the time.
 *
 * @module
 */

import { after, now } from "./clock.ts";

/** One timer. It is moved forward only when it goes off: most deadlines move before they come. */
export class Alarm {
  readonly #ring: () => void;
  #due = Infinity;
  #callOff: (() => void) | undefined;

  /** `ring` looks whether the deadline has come, and sets the alarm again if it has not. */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at `deadline` at the latest, in milliseconds of the clock. */
  set(deadline: number): void {
    if (deadline >= this.#due) return;
    this.#callOff?.();
    this.#due = deadline;
    this.#callOff = after(deadline - now(), () => {
      this.#due = Infinity;
      this.#callOff = undefined;
      this.#ring();
    });
  }

  /** Rings no more. */
  stop(): void {
    this.#callOff?.();
  }
}
