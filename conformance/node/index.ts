/**
 * The suite's Node side: the witness that every run needs.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type RunningWitness, startWitness as start } from "./witness/control.ts";

export type { RunningWitness } from "./witness/control.ts";

/** Starts a witness in this process; its `control` is what `runSuite` wants to know. */
export function startWitness(): Promise<RunningWitness> {
  const witness = import.meta.url.endsWith(".ts") ? "./witness.ts" : "./witness.js";
  return start({ entry: fileURLToPath(new URL(witness, import.meta.url)) });
}
