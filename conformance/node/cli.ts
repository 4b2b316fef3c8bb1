#!/usr/bin/env node
// Runs the conformance suite on every runtime, and shows what came of it:
//   npm run conformance -- --only EOF-3.1 --runtime bun --seed 1996
// Exit status 0: conforming; 1: a case failed, or was not run; 2: nothing was run; 130: interrupted.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { cases as allCases } from "../cases/index.ts";
import { DEFAULT_SEED } from "../run.ts";
import { select } from "../select.ts";
import { chooseColumns, columnsOf } from "./matrix/columns.ts";
import { runMatrix } from "./matrix/matrix.ts";
import { type Paths, pathsFrom } from "./matrix/paths.ts";
import { progressOn } from "./matrix/progress.ts";
import { isGreen, reportOf, sum } from "./matrix/report_file.ts";
import { COLOURS, PLAIN, renderLastLine, renderTable } from "./matrix/table.ts";
import { renderPage } from "./report/page.ts";
import { readSoak } from "./soak/report.ts";

const INTERRUPTED = 130;

const USAGE = `usage: npm run conformance -- [options]    in a checkout
       npx asynchat-conformance [options]   where the package is installed

  --only PATTERNS     ids, clauses, groups or globs, separated by commas: EOF-3.1, EOF-3, EOF, *-1.1
  --runtime NAMES     node, node20, node24, deno, bun, workerd, separated by commas
  --seed NUMBER       decides all data (${DEFAULT_SEED})
  --jobs NUMBER       runtimes that run at the same time (5)
  --patience NUMBER   factor on every time that only guards against hanging (2)
  --json FILE         where the results go (conformance/results/results.json)
  --html FILE         where the report goes (conformance/results/report.html)
  --subject FILE      a module that exports another subject, instead of our own adapters
  --list              only shows the cases

P pass, N non-strict (a SHOULD is missed), I information, – unsupported, · does not apply,
K known to fail, F fail, E error of the suite or its witness, blank: not run`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "*" },
      runtime: { type: "string" },
      seed: { type: "string", default: String(DEFAULT_SEED) },
      jobs: { type: "string", default: "5" },
      patience: { type: "string", default: "2" },
      json: { type: "string" },
      html: { type: "string" },
      subject: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const paths = pathsFrom(import.meta.url);
  const cases = select(allCases, values.only);
  if (values.list) {
    for (const { id, level, role, title } of cases) {
      console.log(`${id.padEnd(9)} ${level.padEnd(6)} ${role.padEnd(6)} ${title}`);
    }
    return 0;
  }
  if (values.subject !== undefined && !existsSync(values.subject)) {
    throw new RangeError(`there is no file ${JSON.stringify(values.subject)} for --subject`);
  }
  const subject = values.subject && pathToFileURL(resolve(values.subject)).href;
  const columns = chooseColumns(columnsOf(paths, subject), values.runtime);
  const seed = numberOf("seed", values.seed);
  const progress = progressOn(process.stderr, cases.length);
  const started = performance.now();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());
  const reports = await runMatrix(columns, {
    paths,
    seed,
    casesOf: () => cases,
    jobs: numberOf("jobs", values.jobs),
    patience: numberOf("patience", values.patience),
    onResult: progress.result,
    onFinished: (column) => interrupted.signal.aborted || progress.finished(column),
    signal: interrupted.signal,
  });
  progress.end();
  if (interrupted.signal.aborted) {
    console.error("interrupted: the runtimes have been ended, and no report was written");
    return INTERRUPTED;
  }
  const report = reportOf(paths, {
    seed,
    cases,
    columns: reports,
    seconds: (performance.now() - started) / 1000,
    command: commandOf(paths, values.subject),
  });

  const folder = resolve("conformance/results");
  const json = values.json ?? join(folder, "results.json");
  const html = values.html ?? join(folder, "report.html");
  write(json, JSON.stringify(report));
  write(html, renderPage(report, readSoak(join(dirname(html), "soak.json"))));
  const { stdout } = process;
  // It knows of NO_COLOR and its like; what is no terminal has no such method.
  console.log(renderTable(report, stdout.hasColors?.() ? COLOURS : PLAIN, stdout.columns));
  console.log(`${json}\n${html}`);
  console.log(renderLastLine(report));
  const { passed, failed, known } = sum(report);
  if (passed + failed + known === 0) return 2;
  return reports.every(isGreen) ? 0 : 1;
}

/** What starts this again, up to the choice of cases and runtimes. */
function commandOf({ isCheckout }: Paths, subject: string | undefined): string {
  const command = isCheckout ? "npm run conformance --" : "npx asynchat-conformance";
  return subject === undefined ? command : `${command} --subject ${subject}`;
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text !== "" && number >= 0) return number;
  throw new RangeError(`--${name} must be a number; got ${JSON.stringify(text)}`);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
