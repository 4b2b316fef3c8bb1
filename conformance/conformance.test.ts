// The suite's cases as tests: one for each case on each runtime, so that `-t "Bun CLS-2"` works.
// Each runtime runs the suite by itself; a test waits for the line that tells of its case.
import { join } from "node:path";
import type { RunnerTestCase as Test, RunnerTestSuite as Suite } from "vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case } from "./case.ts";
import { cases } from "./cases/index.ts";
import { needGood, testName } from "./describe_conformance.ts";
import type { Hello } from "./launch.ts";
import { gapOf, knownGaps } from "./known_gaps.ts";
import { type ColumnReport, greet } from "./node/matrix/column_run.ts";
import { type Column, columnsOf } from "./node/matrix/columns.ts";
import { runMatrix } from "./node/matrix/matrix.ts";
import { pathsOfCheckout } from "./node/matrix/paths.ts";
import type { Result } from "./result.ts";
import { DEFAULT_SEED } from "./run.ts";

/** Not all at a time, on a machine that may be busy with other tests. */
const JOBS = 3;
const PATIENCE = 4;
/** When a line has not come by then, nothing will; in milliseconds. */
const TIMEOUT = 600_000;

const paths = pathsOfCheckout(join(import.meta.dirname, ".."));
const columns = columnsOf(paths).filter(({ name, missing }) => {
  if (missing !== undefined) console.warn(`NOT RUN: ${name}: ${missing}`);
  return missing === undefined;
});
const hellos = new Map<Column, Hello>();
for (const column of columns) hellos.set(column, await greet(column));

/** Lines that have come, and tests that wait for theirs. */
class Lines {
  readonly #results = new Map<string, Result>();
  readonly #waiting = new Map<string, (result: Result) => void>();

  add(result: Result): void {
    this.#results.set(result.id, result);
    this.#waiting.get(result.id)?.(result);
  }

  /** Whoever still waits will not be told any more. */
  end(): void {
    for (const [id, tell] of this.#waiting) {
      if (!this.#results.has(id)) tell({ id, verdict: "error", ms: 0, detail: "it was not run" });
    }
  }

  of(id: string): Promise<Result> {
    const result = this.#results.get(id);
    if (result !== undefined) return Promise.resolve(result);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}

const lines = new Map<Column, Lines>(columns.map((column) => [column, new Lines()]));
const over = new AbortController();
let reports: Promise<ColumnReport[]> = Promise.resolve([]);

/** The names of the tests that have been asked for; with `-t` those are not all. */
function chosen(task: Readonly<Test | Suite>): string[] {
  if (task.type === "suite") return task.tasks.flatMap(chosen);
  return task.mode === "run" ? [task.name] : [];
}

// deno-lint-ignore no-empty-pattern -- vitest reads it, and wants fixtures by name
beforeAll(({}, file) => {
  const groups = new Map(file.tasks.map((group) => [group.name, chosen(group)]));
  const isChosen = ({ name }: Column, { id }: Case) =>
    groups.get(name)?.some((test) => test.startsWith(`${id} `)) ?? false;
  reports = runMatrix(columns, {
    paths,
    seed: DEFAULT_SEED,
    patience: PATIENCE,
    jobs: JOBS,
    signal: over.signal,
    casesOf: (column) => cases.filter((each) => isChosen(column, each)),
    onResult: (column, result) => lines.get(column)!.add(result),
    onFinished: (column) => lines.get(column)!.end(),
  });
});

afterAll(async () => {
  over.abort();
  await reports;
});

describe.each(columns.map((column) => [column.name, column] as const))("%s", (_name, column) => {
  for (const each of cases) {
    const gap = gapOf(knownGaps, each.id, column);
    const note = hellos.get(column)!.excluded[each.id] ?? (gap && `known to fail: ${gap.note}`);
    it(testName(each, note), { timeout: TIMEOUT }, async ({ annotate }) => {
      const result = await lines.get(column)!.of(each.id);
      needGood(result);
      if (result.verdict === "non-strict") await annotate(`non-strict: ${result.detail}`);
    });
  }

  it("runs every case, knows what it does not know, and ends in peace", {
    timeout: TIMEOUT,
  }, async () => {
    const report = (await reports).find(({ key }) => key === column.key);
    expect(report?.problems).toEqual([]);
  });
});
