/**
 * Options that are spelt wrong are told, not ignored.
 *
 * @module
 */

/** Throws a `TypeError` for a name that is not among the known ones; `whose` they are it says. */
export function checkNames(options: object, known: readonly string[], whose: string): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${whose} has no option "${name}"; it has ${known.join(", ")}`);
  }
}
