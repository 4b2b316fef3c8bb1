/**
 * Everything that is known after a run: what `results.json` holds, and what the pages show.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Case } from "../../case.ts";
import { isGood, type Verdict } from "../../result.ts";
import type { ColumnReport } from "./column_run.ts";
import type { Paths } from "./paths.ts";

/** A case, as far as it can be told without its code. */
export type CaseFacts = Pick<Case, "id" | "title" | "why" | "level" | "role">;

/** The file. */
export interface SuiteReport {
  readonly format: 1;
  readonly version: string;
  readonly date: string;
  /** The commit that was checked out, if there is one; with `+` when there were changes. */
  readonly commit?: string;
  readonly host: string;
  readonly seed: number;
  readonly seconds: number;
  /** What starts such a run again; what to run follows it. */
  readonly command: string;
  readonly cases: readonly CaseFacts[];
  readonly columns: readonly ColumnReport[];
}

/** How many there are of each verdict; `not run` for what a column that ran did not tell. */
export type Totals = Readonly<Record<Verdict | "not run", number>>;

/** What a report is made of. */
export interface Run extends Pick<SuiteReport, "seed" | "seconds" | "command" | "columns"> {
  readonly cases: readonly Case[];
}

/** Puts it together. */
export function reportOf({ root }: Paths, run: Run): SuiteReport {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const commit = commitOf(root);
  return {
    format: 1,
    version,
    date: new Date().toISOString(),
    ...(commit === undefined ? {} : { commit }),
    host: `${process.platform} ${process.arch}, ${cpus().length} CPUs`,
    ...run,
    seconds: Math.round(run.seconds * 10) / 10,
    cases: run.cases.map(({ id, title, why, level, role }) => ({ id, title, why, level, role })),
  };
}

/** Counts a column. */
export function totalsOf(cases: readonly CaseFacts[], { missing, results }: ColumnReport): Totals {
  const totals: Record<string, number> = { "not run": 0 };
  for (const verdict of ORDER) totals[verdict] = 0;
  if (missing === undefined) {
    for (const { id } of cases) totals[results[id]?.verdict ?? "not run"]! += 1;
  }
  return totals as Totals;
}

/** Passed, failed and beside that, over all columns. A run with a problem has a failure more. */
export function sum(report: SuiteReport): {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly known: number;
  readonly nonStrict: number;
} {
  let passed = 0, failed = 0, unsupported = 0, known = 0, nonStrict = 0;
  for (const column of report.columns) {
    const totals = totalsOf(report.cases, column);
    passed += totals.pass + totals["non-strict"] + totals.info;
    failed += totals.fail + totals.error + totals["not run"] + column.problems.length;
    unsupported += totals.unsupported;
    known += totals.known;
    nonStrict += totals["non-strict"];
  }
  return { passed, failed, unsupported, known, nonStrict };
}

/** What to type to see one result again. */
export function repeatCommand(
  { command, seed }: Pick<SuiteReport, "command" | "seed">,
  id: string,
  { key }: Pick<ColumnReport, "key">,
): string {
  return `${command} --only ${id} --runtime ${key} --seed ${seed}`;
}

/** Whether a column may be called green. */
export function isGreen({ problems, results }: ColumnReport): boolean {
  return problems.length === 0 && Object.values(results).every(isGood);
}

const ORDER: readonly Verdict[] = [
  "pass",
  "non-strict",
  "info",
  "unsupported",
  "does not apply",
  "known",
  "fail",
  "error",
  "unknown",
];

function commitOf(root: string): string | undefined {
  const git = (...args: string[]) => spawnSync("git", ["-C", root, ...args], { encoding: "utf8" });
  const head = git("rev-parse", "--short", "HEAD");
  if (head.status !== 0) return undefined;
  const changed = git("status", "--porcelain").stdout !== "";
  return head.stdout.trim() + (changed ? "+" : "");
}
