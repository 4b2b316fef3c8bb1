/**
 * Somebody else's adapter, in a file of its own.
 *
 * @module
 */

import type { Subject } from "./case.ts";

/**
 * The export `subject` of the module at that URL; `own` without one.
 *
 * @throws {TypeError} when it exports none.
 */
export async function loadSubject(url: string | undefined, own: Subject): Promise<Subject> {
  if (url === undefined) return own;
  const { subject } = await import(url) as { subject?: Subject };
  if (typeof subject?.adapter?.connect === "function") return subject;
  throw new TypeError(`${url} has no export "subject" with an adapter; see the type Subject`);
}
