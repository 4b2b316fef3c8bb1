/**
 * Which cases to run, and which of them a subject can be asked at all.
 *
 * @module
 */

import type { Case, Subject } from "./case.ts";

/**
 * The cases that any of the patterns names: an id (`CLS-2.1`), a clause (`CLS-2`), a group (`CLS`),
 * or a glob (`CLS-*`, `*-1.1`). Several in one string are separated by commas.
 *
 * @throws {RangeError} for a pattern that names no case: a run that runs nothing looks like success.
 */
export function select(cases: readonly Case[], only: string | readonly string[]): Case[] {
  const patterns = (typeof only === "string" ? only.split(",") : only).map((text) => text.trim());
  const chosen = new Set<Case>();
  for (const pattern of patterns) {
    const body = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
    const glob = new RegExp(`^${body}([-.].*)?$`);
    const named = cases.filter(({ id }) => glob.test(id));
    if (named.length === 0) throw new RangeError(`no case is named by ${JSON.stringify(pattern)}`);
    for (const each of named) chosen.add(each);
  }
  return cases.filter((each) => chosen.has(each));
}

/** Why a case is not run. */
export interface Exclusion {
  readonly verdict: "unsupported" | "does not apply";
  readonly detail: string;
}

/** That, for the name of a test. */
export function inWords({ verdict, detail }: Exclusion): string {
  return `${verdict === "unsupported" ? "declared unsupported" : verdict}: ${detail}`;
}

/** Why a case is not run on this subject; `undefined` when it is. */
export function exclusion(
  { role, needs = [], lacks }: Case,
  { adapter: { capabilities }, inbound }: Subject,
): Exclusion | undefined {
  const can = { ...capabilities, inbound: capabilities.listen || inbound !== undefined };
  if (lacks !== undefined && can[lacks]) {
    return { verdict: "does not apply", detail: `capabilities.${lacks} is true` };
  }
  const all = role === "server" ? ["inbound" as const, ...needs] : needs;
  const missing = all.find((capability) => !can[capability]);
  if (missing === undefined) return undefined;
  const detail = missing === "inbound"
    ? "it can neither listen nor be given connections"
    : `capabilities.${missing} is false`;
  return { verdict: "unsupported", detail };
}
