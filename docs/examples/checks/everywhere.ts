/**
 * Runs the checks of an example on every runtime, from one source, then others of it once, and sums
 * up:
 *
 * ```sh
 * node dist/docs/examples/checks/everywhere.js redis/check
 * node dist/docs/examples/checks/everywhere.js nats/check nats/check_workers
 * ```
 *
 * @module
 */

import process from "node:process";
import { commandOf, RUNTIMES } from "./programs.ts";
import { runChecks } from "./run_checks.ts";
import { Tally } from "./tally.ts";

const [example = "", ...others] = process.argv.slice(2);
const tally = new Tally();

async function run(title: string, command: readonly string[]): Promise<void> {
  console.log(`== ${title}`);
  const { passed, failed } = await runChecks(command);
  tally.passed += passed;
  tally.failed += failed;
}

for (const runtime of RUNTIMES) await run(`${example} on ${runtime}`, commandOf(runtime, example));
for (const other of others) await run(other, commandOf("Node", other));
tally.end();
