/**
 * Runs checks as a process, and reads their last line.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { FAILED, NOT_RUN, NOTHING_RUN } from "./tally.ts";

/** How it went. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** What was not run, and why, a line each. */
  readonly notRun: readonly string[];
  /** What failed, and how, a line each. */
  readonly failures: readonly string[];
}

/** How long checks may say nothing before they are ended, in milliseconds: only against hanging. */
const SILENCE = 5 * 60_000;
const SUM = /^(\d+) passed, (\d+) failed$/;

/**
 * Runs them, and shows what they write but for the last line. Checks that end without it, or with an
 * exit code that contradicts it, are one more that failed.
 */
export async function runChecks([file = "", ...args]: readonly string[]): Promise<Outcome> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const note = (line: string) => {
    lines.push(line);
    console.log(line);
  };
  const silence = setTimeout(() => {
    note(`${FAILED} nothing was said for ${SILENCE / 60_000} minutes`);
    child.kill("SIGKILL");
  }, SILENCE);
  createInterface({ input: child.stdout }).on("line", (line) => {
    silence.refresh();
    if (SUM.test(line)) lines.push(line);
    else note(line);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", ({ message }) => {
      note(`${FAILED} to start ${file}: ${message}`);
      resolve(null);
    });
    child.once("close", resolve);
  });
  clearTimeout(silence);
  return outcomeOf(lines, code);
}

/** What checks say by the lines that they wrote, and their exit code. */
export function outcomeOf(lines: readonly string[], code: number | null): Outcome {
  const behind = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length + 1));
  const [, passed, failed] = SUM.exec(lines.at(-1) ?? "") ?? [];
  const outcome = { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
  const details = { notRun: behind(NOT_RUN), failures: behind(FAILED) };
  const nothing = outcome.passed + outcome.failed === 0;
  const expected = outcome.failed > 0 ? 1 : nothing ? NOTHING_RUN : 0;
  const hasReason = !nothing || details.notRun.length > 0;
  if (passed !== undefined && code === expected && hasReason) return { ...outcome, ...details };
  const why = `it ended with ${code ?? "a signal"}, and its last line was ${
    lines.at(-1) ?? "none"
  }`;
  const failures = [...details.failures, why];
  return { ...outcome, failed: Math.max(1, outcome.failed), notRun: details.notRun, failures };
}
