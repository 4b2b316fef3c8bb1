/**
 * What the cases about networks that break have in common.
 *
 * @module
 */

import type { Context, Step } from "../case.ts";
import type { Break } from "../network.ts";

/** Connections at the same time. */
const BATCH = 100;
/** How long a stall may last, in milliseconds. Where nothing stalls there is no such limit. */
const PATIENCE = { idleTimeout: 150, closeTimeout: 150 };
/** A witness that says everything back, and ends when we have. */
export const ECHOING: readonly Step[] = [{ do: "echo" }, { do: "fin" }];

/** Goes through all networks, some at a time, and notes how often what came of it. */
export async function inBatches(
  t: Context,
  run: (count: number) => Promise<readonly string[]>,
): Promise<void> {
  const counts: Record<string, number> = {};
  for (let done = 0; done < t.networks;) {
    const count = Math.min(BATCH, t.networks - done);
    for (const outcome of await run(count)) counts[outcome] = (counts[outcome] ?? 0) + 1;
    done += count;
    t.progress(done);
  }
  t.info("outcomes", counts);
}

/** A stall needs limits, or it never ends. */
export function limitsFor(what: Break): Partial<typeof PATIENCE> {
  return what === "stall" ? PATIENCE : {};
}
