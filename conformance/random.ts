/**
 * Numbers that a seed decides: the same run can be had again.
 *
 * @module
 */

export { randomFrom as randomOf } from "../core/testing/segmentation.ts";

/** An integer in [low, high]. */
export function integerOf(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** A seed for `name`, so that each case has its own and keeps it when it is run alone. */
export function seedFor(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
