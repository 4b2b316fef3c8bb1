/**
 * SEC: attacks, one clause each. What a case shows is also told in the guide, under `security`.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { secFraming } from "./sec_framing.ts";
import { secInput } from "./sec_input.ts";
import { secOutput } from "./sec_output.ts";
import { secTls } from "./sec_tls.ts";
import { secWork } from "./sec_work.ts";

/** The cases of the clauses SEC, in their order. */
export const sec: readonly Case[] = [
  ...secInput,
  ...secFraming,
  ...secOutput,
  ...secTls,
  ...secWork,
].sort(
  ({ id: one }, { id: two }) => numberOf(one) - numberOf(two),
);

/** `"SEC-12.3"` is 12.03. */
function numberOf(id: string): number {
  const [clause = 0, number = 0] = id.slice("SEC-".length).split(".").map(Number);
  return clause + number / 100;
}
