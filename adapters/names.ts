/**
 * Options that are spelt wrong, or are none, are told, not ignored.
 *
 * @module
 */

import { quoted } from "../core/wording.ts";

/** Throws a `TypeError` for what is no object of options; `whose` they were to be it says. */
export function checkObject(options: unknown, whose: string): void {
  if (typeof options === "object" && options !== null) return;
  throw new TypeError(
    `${whose} takes an object of options, such as { port: 7000 }; got ${quoted(options)}`,
  );
}

/** Throws a `TypeError` for what cannot be called; `what` says what was to be. */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== "function") throw new TypeError(`${what}; got ${quoted(value)}`);
}

/** Throws a `TypeError` for a name that is not among the known ones; `whose` they are it says. */
export function checkNames(options: object, known: readonly string[], whose: string): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${whose} has no option "${name}"; it has ${known.join(", ")}`);
  }
}
