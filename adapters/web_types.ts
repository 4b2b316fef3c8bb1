/**
 * Types of the streams that every runtime has as globals and no ECMAScript library declares.
 *
 * @module
 */

/** The type of a global class, where the user's types have it. */
export type Instance<Name extends string> = typeof globalThis extends
  Record<Name, { prototype: infer Prototype }> ? Prototype : unknown;
