// Replays recorded conversations of CPython's asynchat and prints what differs:
//   node dist/conformance/node/vectors.js [FILE...]
// Without a file: the project's own. Exit status 0: all equal; 1: something differs; 2: a file could
// not be read, or holds no vector. The last line counts the vectors.
import { createReadStream } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseVector } from "../vector_format.ts";
import { type Difference, replayVector } from "../vectors.ts";

const USAGE = `usage: vectors [FILE...]

Replays recorded conversations of CPython's asynchat, one JSON object a line, against the session,
and prints what differs. Without a file: the project's own, conformance/oracle/vectors.jsonl. "-" is
the standard input.
Exit status 0: all equal; 1: something differs; 2: nothing could be replayed from a file.`;

const PROGRESS_EVERY = 100; // milliseconds

class Tally {
  passed = 0;
  failed = 0;
  /** Files that gave nothing to replay. */
  useless = 0;
  compared = 0;
  steps = 0;

  get vectors(): number {
    return this.passed + this.failed;
  }
}

async function replayFile(path: string, tally: Tally): Promise<void> {
  const before = tally.vectors;
  let number = 0;
  try {
    const input = path === "-" ? process.stdin : createReadStream(path);
    const lines = createInterface({ input, crlfDelay: Infinity });
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      replayLine(line, `${path}:${number}`, tally);
      showProgress(tally);
    }
  } catch (error) {
    print(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
    tally.useless++;
    return;
  }
  if (tally.vectors > before) return;
  print(`${path} holds no vector`);
  tally.useless++;
}

function replayLine(line: string, where: string, tally: Tally): void {
  let differences: readonly Difference[];
  try {
    const vector = parseVector(line);
    const replayed = replayVector(vector);
    differences = replayed.differences;
    tally.compared += replayed.compared;
    tally.steps += vector.steps.length;
  } catch (error) {
    tally.failed++;
    print(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (differences.length === 0) tally.passed++;
  else tally.failed++;
  for (const difference of differences) print(describe(where, difference));
}

function describe(where: string, difference: Difference): string {
  const { id, step, op, expected, observed, clauses } = difference;
  const place = step === "end" ? `at the end, ${op}` : `step ${step} ${op}`;
  return [
    `${where}: vector ${id}, ${place}: ${clauses.join(", ")}`,
    `  expected ${expected}`,
    `  got      ${observed}`,
  ].join("\n");
}

let lastShown = 0;

function showProgress({ vectors }: Tally): void {
  if (!process.stderr.isTTY || performance.now() - lastShown < PROGRESS_EVERY) return;
  lastShown = performance.now();
  process.stderr.write(`\r${vectors} vectors`);
}

function print(text: string): void {
  hideProgress();
  console.log(text);
}

function hideProgress(): void {
  if (lastShown > 0) process.stderr.write("\r\x1b[K");
}

function ownVectors(): string {
  // Run as it is written, or as it is built.
  const here = import.meta.url;
  const folder = here.endsWith(".ts") ? "../oracle/" : "../../../conformance/oracle/";
  return fileURLToPath(new URL(`${folder}vectors.jsonl`, here));
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const unknown = args.find((arg) => /^-./.test(arg));
  if (unknown !== undefined) {
    console.error(`unknown option ${unknown}\n\n${USAGE}`);
    return 2;
  }
  const tally = new Tally();
  for (const path of args.length > 0 ? args : [ownVectors()]) await replayFile(path, tally);
  hideProgress();
  const { passed, failed, compared, steps } = tally;
  console.log(
    `${compared} of ${steps} steps compared; the others follow a difference, or a quirk that we mend`,
  );
  console.log(`${passed} passed, ${failed} failed`);
  if (tally.useless > 0) return 2;
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
