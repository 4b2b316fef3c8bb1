/**
 * The deadlines of one session, and what has happened since it was last told the time.
 *
 * @module
 */

import {
  advance,
  type Deadlines,
  earliest,
  NO_DEADLINES,
  passedAt,
  type Watch,
} from "./deadlines.ts";
import type { Limits } from "./limits.ts";

/** What a session says about itself at a tick. */
export interface Situation {
  /** We close when all is sent: that watch rules alone. */
  readonly closing: boolean;
  /** The number of the frame under way; `undefined` for none. */
  readonly frame: number | undefined;
  /** Input is wanted. */
  readonly reading: boolean;
}

/** Watches over a close, over the connection, over the frame under way. */
export class Watches {
  /** When the first tick was; `undefined` before it. */
  startedAt: number | undefined;

  readonly #limits: Required<Limits>;
  #deadlines: Deadlines = NO_DEADLINES;
  #progressed = false;
  #moved = false;
  #movedAt: number | undefined;

  /** Waits as long as `limits` say. */
  constructor(limits: Required<Limits>) {
    this.#limits = limits;
  }

  /** The close came nearer to its end. */
  progress(): void {
    this.#progressed = true;
  }

  /** A byte came or went, or the connection began. */
  move(): void {
    this.#moved = true;
  }

  /** When a byte last came or went; `undefined` when that was after the last tick. */
  get movedAt(): number | undefined {
    return this.#moved ? undefined : this.#movedAt;
  }

  /** When the next tick is due; `undefined` for never. */
  get deadline(): number | undefined {
    const deadline = earliest(this.#deadlines);
    return deadline === Infinity ? undefined : deadline;
  }

  /** Whether a tick can bring about a deadline. */
  isTimed(closing: boolean): boolean {
    const { closeTimeout, idleTimeout, frameTimeout } = this.#limits;
    if (closing) return closeTimeout !== Infinity;
    return idleTimeout !== Infinity || frameTimeout !== Infinity;
  }

  /** It is `now`. Answers which watch has run out; one that can go on has begun anew. */
  tick(now: number, situation: Situation): Watch | undefined {
    this.startedAt ??= now;
    if (this.#moved) this.#movedAt = now;
    const happened = { ...situation, progressed: this.#progressed, moved: this.#moved };
    this.#progressed = this.#moved = false;
    this.#deadlines = advance(this.#deadlines, happened, this.#limits, now);
    const passed = passedAt(this.#deadlines, now);
    if (passed === "idle") {
      this.#deadlines = { ...this.#deadlines, idle: now + this.#limits.idleTimeout };
    }
    return passed;
  }
}
