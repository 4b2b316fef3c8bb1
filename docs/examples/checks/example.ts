/**
 * Runs the checks of one example, against programs of others, and sums up:
 *
 * ```sh
 * npm run redis
 * npm run web -- --runtime node        # options are the checks' own, but for:
 * npm run redis -- --offline           # fetches nothing that is missing
 * ```
 *
 * @module
 */

import process from "node:process";
import { fetchMissing, missingFor } from "./fetch.ts";
import { EXAMPLES } from "./list.ts";
import { commandOf, RUNTIMES } from "./programs.ts";
import { runChecks } from "./run_checks.ts";
import { Tally } from "./tally.ts";

const [name = "", ...options] = process.argv.slice(2);
const isOffline = options.includes("--offline");
const args = options.filter((option) => option !== "--offline");
const tally = new Tally();

async function run(title: string, command: readonly string[]): Promise<void> {
  console.log(`== ${title}`);
  tally.add(await runChecks([...command, ...args]));
}

const example = EXAMPLES[name];
if (example === undefined) {
  throw new Error(`there is no ${name}; there are ${Object.keys(EXAMPLES).join(", ")}`);
}
if (!isOffline) await fetchMissing(missingFor([example]));
for (const check of example.everywhere ?? []) {
  for (const runtime of RUNTIMES) await run(`${check} on ${runtime}`, commandOf(runtime, check));
}
for (const check of example.once ?? []) await run(check, commandOf("Node", check));
tally.end();
