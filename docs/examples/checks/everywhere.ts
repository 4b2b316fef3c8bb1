/**
 * Runs the checks of an example on every runtime, from one source, and sums up:
 *
 * ```sh
 * node dist/docs/examples/checks/everywhere.js redis/check
 * ```
 *
 * @module
 */

import process from "node:process";
import { commandOf, RUNTIMES } from "./programs.ts";
import { runChecks } from "./run_checks.ts";
import { Tally } from "./tally.ts";

const [example = ""] = process.argv.slice(2);
const tally = new Tally();
for (const runtime of RUNTIMES) {
  console.log(`== ${example} on ${runtime}`);
  const { passed, failed } = await runChecks(commandOf(runtime, example));
  tally.passed += passed;
  tally.failed += failed;
}
tally.end();
