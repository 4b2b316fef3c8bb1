/**
 * What a proxy of the witness's does to one connection: planned by the case, so that it knows.
 *
 * @module
 */

import { integerOf } from "./random.ts";

/**
 * What happens in the end:
 *
 * - `"nothing"`: all arrives;
 * - `"fin"`: the receiver is told an end, and what would have followed is dropped;
 * - `"reset"`: both are told a reset;
 * - `"stall"`: nothing moves any more, in either direction.
 */
export type Break = "nothing" | "fin" | "reset" | "stall";

/** One connection's plan. */
export interface NetworkPlan {
  /** Decides the sizes of the segments, and the pauses between them. */
  readonly seed: number;
  /** Largest segment, in bytes. */
  readonly segment: number;
  /** Longest pause between two segments, in milliseconds. */
  readonly pause: number;
  /** What happens in the end. */
  readonly what: Break;
  /** Whether it happens to what the caller sends, or to what comes back. */
  readonly way: "there" | "back";
  /** How many bytes of that have been carried before. */
  readonly at: number;
  /** How long everything stands still before, in milliseconds. */
  readonly hold: number;
}

/** Plans for one connection on which `size` bytes go that way. */
export function planOf(
  random: () => number,
  { what, way, size, drip }: Pick<NetworkPlan, "what" | "way"> & {
    readonly size: number;
    /** Byte by byte. */
    readonly drip: boolean;
  },
): NetworkPlan {
  const integer = (low: number, high: number) => integerOf(random, low, high);
  return {
    seed: integer(0, 2 ** 31),
    segment: drip ? 1 : integer(50, 1460),
    pause: random() < 0.2 ? integer(1, 4) : 0,
    what,
    way,
    // A reset at once may come before the connection is known, and is then no business of ours.
    at: integer(what === "reset" ? 1 : 0, size - 1),
    hold: random() < 0.3 ? integer(1, 30) : 0,
  };
}
