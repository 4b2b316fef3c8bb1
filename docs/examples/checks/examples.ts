/**
 * Runs every example against real programs, and sums up:
 *
 * ```sh
 * npm run examples
 * npm run examples -- redis nats
 * ```
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { PACKAGES, SCRIPTS } from "./list.ts";
import { type Outcome, runChecks } from "./run_checks.ts";
import { Tally } from "./tally.ts";

interface Row extends Outcome {
  readonly script: string;
  readonly seconds: number;
}

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** The script's own command: what is built is built already. */
function commandOf(script: string): string[] {
  const [file = "", ...args] = scripts[script]!.split("&&").at(-1)!.trim().split(" ");
  return [file === "node" ? process.execPath : file, ...args];
}

async function run(script: string): Promise<Row> {
  console.log(`\n== npm run ${script}`);
  const started = performance.now();
  const outcome = await runChecks(commandOf(script));
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
  const programs = missing.flatMap((what) =>
    /there is no ([\w-]+)(?: in PATH|$)/.exec(what)?.[1] ?? []
  );
  const packages = [...new Set(programs.map((program) => PACKAGES[program] ?? program))].sort();
  if (packages.length > 0) console.log(`on Debian: apt-get install ${packages.join(" ")}`);
}

const asked = process.argv.slice(2);
for (const name of asked) {
  if (!SCRIPTS.includes(name)) console.log(`there is no ${name}; there are ${SCRIPTS.join(", ")}`);
}
const chosen = SCRIPTS.filter((name) =>
  name in scripts && (asked.length === 0 || asked.includes(name))
);
const rows: Row[] = [];
for (const script of chosen) rows.push(await run(script));
show(rows);
showMissing(rows);
const failures = rows.flatMap(({ script, failures }) => failures.map((one) => `${script}: ${one}`));
if (failures.length > 0) console.log("\nwhat failed:");
for (const failure of failures) console.log(`  ${failure}`);
console.log();
const tally = new Tally();
for (const { passed, failed } of rows) {
  tally.passed += passed;
  tally.failed += failed;
}
tally.end();
