// Everything that `npm test` checks, in one run: build, types, lint, format, the TypeDoc pages,
// tests. Every step runs even when an earlier one failed. The last line counts each test, and each
// other step as one. With --all, also what only a release needs: both packages as published.
// Deno runs this file as it is, so that a broken build is reported like any other failure.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";

interface Tally {
  passed: number;
  failed: number;
}

/** The part of vitest's JSON report that is counted. */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

const CACHE = "node_modules/.cache/asynchat";
const REPORT = `${CACHE}/vitest.json`;

const STEPS: readonly (readonly [name: string, script: string])[] = [
  ["build and types", "build"],
  ["types (reference compiler)", "typecheck:reference"],
  ["lint", "lint"],
  ["format", "fmt:check"],
  ["documentation", "docs"],
];

const RELEASE_STEPS: typeof STEPS = [
  ["npm package", "pack:check"],
  ["JSR package", "jsr:check"],
];

function run(name: string, command: readonly string[]): boolean {
  console.log(`\n== ${name}`);
  const [file = "", ...args] = command;
  const started = performance.now();
  const { status, error } = spawnSync(file, args, { stdio: "inherit" });
  if (error) console.log(String(error));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? "passed" : "FAILED"}: ${name} (${seconds} s)`);
  return status === 0;
}

function runTests(): Tally {
  mkdirSync(CACHE, { recursive: true });
  rmSync(REPORT, { force: true });
  const green = run("tests", [
    "node",
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
  ]);
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(REPORT, "utf8"));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const unrun = report.numPendingTests + report.numTodoTests;
  if (unrun > 0) console.log(`not run: ${unrun} skipped or todo`);
  // A file that does not load has no failed test in it, and an unhandled error belongs to none.
  const unloaded =
    report.testResults.filter((file) =>
      file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
    ).length;
  const failed = report.numFailedTests + unloaded;
  return { passed: report.numPassedTests, failed: failed === 0 && !green ? 1 : failed };
}

const total: Tally = { passed: 0, failed: 0 };
function step([name, script]: (typeof STEPS)[number]): void {
  total[run(name, ["npm", "run", "--silent", script]) ? "passed" : "failed"]++;
}

STEPS.forEach(step);
const tests = runTests();
total.passed += tests.passed;
total.failed += tests.failed;
if (process.argv.includes("--all")) RELEASE_STEPS.forEach(step);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
