#!/usr/bin/env node
// Has thousands of conversations on every runtime through a proxy that breaks them by a seed:
//   npm run broken-network -- --runs 10000 --runtime node,bun --seed 1996
// The last line is "N passed, N failed": conversations that ended as they should, and what did not.
import { cases as allCases } from "../cases/index.ts";
import { isGood } from "../result.ts";
import { DEFAULT_SEED } from "../run.ts";
import { select } from "../select.ts";
import type { ColumnReport } from "./matrix/column_run.ts";
import { chooseColumns, type Column, columnsOf } from "./matrix/columns.ts";
import { runMatrix } from "./matrix/matrix.ts";
import { pathsFrom } from "./matrix/paths.ts";
import { isGreen } from "./matrix/report_file.ts";
import { readOptions } from "./usage.ts";

/** How often it says how far it is, in milliseconds. */
const EVERY = 5_000;
/** Factor on every time that only guards against hanging, for each so many conversations a case. */
const PATIENCE = { factor: 4, runs: 100 };

const { values, refuse } = readOptions("broken-network", {
  runs: { value: "NUMBER", about: "conversations on each runtime", preset: "10000" },
  runtime: { value: "NAMES", about: "node, node20, node24, deno, bun, workerd; all of them" },
  seed: { value: "NUMBER", about: "decides all data", preset: String(DEFAULT_SEED) },
  jobs: { value: "NUMBER", about: "runtimes that run at the same time", preset: "2" },
  only: { value: "PATTERNS", about: "cases, such as NET-1", preset: "NET" },
});
const paths = pathsFrom(import.meta.url);
const cases = select(allCases, values.only);
const columns = chooseColumns(columnsOf(paths), values.runtime);
const networks = Math.ceil(Number(values.runs) / cases.length);
if (!(networks >= 1)) refuse(`--runs must be a number above 0; got ${values.runs}`);

const done = new Map<Column, Map<string, number>>();
const countOf = (column: Column) =>
  [...done.get(column)?.values() ?? []].reduce((sum, count) => sum + count, 0);
const show = () => {
  const parts = [...done.keys()].map((column) => `${column.name} ${countOf(column)}`);
  console.log(`… ${parts.join(" | ")} of ${networks * cases.length} each`);
};
const timer = setInterval(show, EVERY);
const started = performance.now();
const reports = await runMatrix(columns, {
  paths,
  seed: Number(values.seed),
  casesOf: () => cases,
  jobs: Number(values.jobs),
  patience: PATIENCE.factor * Math.max(1, networks / PATIENCE.runs),
  networks,
  onProgress(column, id, count) {
    const counts = done.get(column) ?? new Map<string, number>();
    done.set(column, counts.set(id, count));
  },
});
clearInterval(timer);
show();

let passed = 0, failed = 0;
for (const [i, report] of reports.entries()) {
  const count = countOf(columns[i]!);
  const wrong = failuresOf(report);
  passed += count;
  failed += wrong.length;
  console.log(`\n${report.name}: ${report.missing ?? `${count} in ${report.seconds} s`}`);
  console.log(`  ${outcomesOf(report)}`);
  for (const each of wrong) console.log(`  FAILED ${each}`);
}
console.log(`\nseed ${values.seed}, ${Math.round((performance.now() - started) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 && reports.every(isGreen) ? 0 : 1;

function failuresOf({ results, problems }: ColumnReport): string[] {
  const bad = Object.values(results).filter((result) => !isGood(result));
  return [...bad.map(({ id, detail }) => `${id}: ${detail}`), ...problems];
}

function outcomesOf({ results }: ColumnReport): string {
  const sums: Record<string, number> = {};
  for (const { info } of Object.values(results)) {
    const outcomes = (info?.["outcomes"] ?? {}) as Record<string, number>;
    for (const [name, count] of Object.entries(outcomes)) sums[name] = (sums[name] ?? 0) + count;
  }
  return Object.entries(sums).map(([name, count]) => `${name} ${count}`).join(", ");
}
