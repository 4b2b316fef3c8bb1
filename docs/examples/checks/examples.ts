/**
 * Runs every example against programs of others, and sums up:
 *
 * ```sh
 * npm run examples
 * npm run examples -- redis nats
 * npm run examples -- --offline        # fetches nothing that is missing
 * ```
 *
 * @module
 */

import process from "node:process";
import { fetchMissing, missingFor } from "./fetch.ts";
import { EXAMPLES } from "./list.ts";
import { noPeer, PEERS } from "./peers.ts";
import { type Outcome, runChecks } from "./run_checks.ts";
import { Tally } from "./tally.ts";

interface Row extends Outcome {
  readonly script: string;
  readonly seconds: number;
}

async function run(script: string): Promise<Row> {
  console.log(`\n== npm run ${script}`);
  const started = performance.now();
  const command = [process.execPath, "dist/docs/examples/checks/example.js", script, "--offline"];
  const outcome = await runChecks(command);
  return { ...outcome, script, seconds: (performance.now() - started) / 1000 };
}

function show(rows: readonly Row[]): void {
  const cells = rows.map((
    { script, passed, failed, notRun, seconds },
  ) => [script, ...[passed, failed, notRun.length].map(String), seconds.toFixed(0)]);
  console.log();
  for (
    const [name = "", ...numbers] of [["", "passed", "failed", "not run", "seconds"], ...cells]
  ) {
    console.log(name.padEnd(14) + numbers.map((number) => number.padStart(9)).join(""));
  }
}

/** What was not run, and the packages that it takes. */
function showMissing(rows: readonly Row[]): void {
  const missing = rows.flatMap(({ script, notRun }) =>
    [...new Set(notRun)].map((what) => `${script}: ${what}`)
  );
  if (missing.length === 0) return;
  console.log("\nnot run:");
  for (const what of missing) console.log(`  ${what}`);
  const peers = Object.keys(PEERS).filter((name) =>
    missing.some((what) => what.includes(noPeer(name)))
  );
  const packages = peers.map((name) => PEERS[name]!.packages[0]).sort();
  if (packages.length > 0) console.log(`on Debian: apt-get install ${packages.join(" ")}`);
}

const asked = process.argv.slice(2).filter((option) => option !== "--offline");
const names = Object.keys(EXAMPLES);
for (const name of asked) {
  if (!names.includes(name)) console.log(`there is no ${name}; there are ${names.join(", ")}`);
}
const chosen = names.filter((name) => asked.length === 0 || asked.includes(name));
if (!process.argv.includes("--offline")) {
  await fetchMissing(missingFor(chosen.map((name) => EXAMPLES[name]!)));
}
const rows: Row[] = [];
for (const script of chosen) rows.push(await run(script));
show(rows);
showMissing(rows);
const failures = rows.flatMap(({ script, failures }) => failures.map((one) => `${script}: ${one}`));
if (failures.length > 0) console.log("\nwhat failed:");
for (const failure of failures) console.log(`  ${failure}`);
console.log();
const tally = new Tally();
for (const row of rows) tally.add(row);
tally.end();
