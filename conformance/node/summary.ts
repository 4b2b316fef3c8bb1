// Everything that `npm test` checks, in one run: build, types, lint, format, the TypeDoc pages,
// tests. Every step runs even when an earlier one failed. The last line counts each test, and each
// other step as one; above it stands what failed, so that the tail of a log says it all. With --all,
// also what only a release needs: both packages as published, what they weigh, and who uses them.
// Deno runs this file as it is, so that a broken build is reported like any other failure.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";

/** A test or a step, and the first line of what it said about that. */
interface Failed {
  readonly name: string;
  readonly why: string;
}

interface Ended {
  readonly green: boolean;
  /** What it wrote. */
  readonly output: string;
}

/** The part of vitest's JSON report that is counted. */
interface VitestReport {
  numPassedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: {
      ancestorTitles: string[];
      title: string;
      status: string;
      failureMessages: string[];
    }[];
  }[];
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
  ["size budget", "size"],
  ["users of the npm package", "consumers"],
];

/** After so many minutes without a word a step hangs: the longest tests take a few. */
const SILENCE = 30;

async function run(name: string, command: readonly string[]): Promise<Ended> {
  console.log(`\n== ${name}`);
  const [file = "", ...args] = command;
  const started = performance.now();
  // A group of its own: what hangs may have started others, which hang as well.
  const child = spawn(file, args, { stdio: ["inherit", "pipe", "pipe"], detached: true });
  let output = "";
  const end = (why: string) => {
    output += `\n${why}\n`;
    console.log(`\n${why}`);
    endGroup(child.pid);
  };
  const onInterrupt = () => {
    interrupted = true;
    end(`error: interrupted: ${name}`);
  };
  const interrupts = ["SIGINT", "SIGTERM"] as const;
  for (const signal of interrupts) process.once(signal, onInterrupt);
  const hangs = () => end(`error: ended, because it said nothing for ${SILENCE} minutes: ${name}`);
  let silence = setTimeout(hangs, SILENCE * 60_000);
  for (
    const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const
  ) {
    from.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      to.write(text);
      clearTimeout(silence);
      silence = setTimeout(hangs, SILENCE * 60_000);
    });
  }
  const green = await once(child, "close").then(([status]) => status === 0, (error: unknown) => {
    output += String(error);
    console.log(String(error));
    return false;
  });
  clearTimeout(silence);
  for (const signal of interrupts) process.off(signal, onInterrupt);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${green ? "passed" : "FAILED"}: ${name} (${seconds} s)`);
  return { green, output };
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

let interrupted = false;
let passed = 0;
const failed: Failed[] = [];

async function runStep([name, script]: (typeof STEPS)[number]): Promise<void> {
  const { green, output } = await run(name, ["npm", "run", "--silent", script]);
  if (green) passed++;
  else failed.push({ name, why: errorIn(output) });
}

async function runTests(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  rmSync(REPORT, { force: true });
  const { green, output } = await run("tests", [
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
    failed.push({ name: "tests", why: errorIn(output) });
    return;
  }
  const unrun = report.numPendingTests + report.numTodoTests;
  if (unrun > 0) console.log(`not run: ${unrun} skipped or todo`);
  passed += report.numPassedTests;
  const bad = failedTests(report);
  failed.push(...bad);
  // An error that nobody caught, or a process that died, belongs to no test.
  const isBeside = /^ *Errors +\d+ error/m.test(stripVTControlCharacters(output));
  if (isBeside || (bad.length === 0 && !green)) {
    failed.push({ name: "beside the tests", why: errorIn(output) });
  }
}

function failedTests({ testResults }: VitestReport): Failed[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter((test) => test.status === "failed");
    // A file that does not load has no failed test in it.
    if (tests.length === 0 && status === "failed") return [{ name: file, why: firstLine(message) }];
    return tests.map(({ ancestorTitles, title, failureMessages: [why = ""] }) => ({
      name: [file, ...ancestorTitles, title].join(" > "),
      why: firstLine(why),
    }));
  });
}

function errorIn(output: string): string {
  const lines = stripVTControlCharacters(output).split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "it said nothing")
    .trim();
}

function firstLine(message: string): string {
  return stripVTControlCharacters(message).trim().split("\n")[0]!;
}

const last = process.argv.includes("--all") ? RELEASE_STEPS : [];
const stepping = (steps: typeof STEPS) => steps.map((each) => () => runStep(each));
for (const step of [...stepping(STEPS), runTests, ...stepping(last)]) {
  if (!interrupted) await step();
}

if (failed.length > 0) console.log("\nwhat failed:");
for (const { name, why } of failed) console.log(`  ${name}\n      ${why}`);
console.log(`\n${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
