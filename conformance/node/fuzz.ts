#!/usr/bin/env node
// Tries random inputs on the core, and shows the smallest script of what goes wrong:
//   npm run fuzz -- --inputs 1000000 --seed 1 --minutes 5
//   npm run fuzz -- --only 4711        the one input that a seed makes
// The last line is "N passed, N failed".
import { attempt, shrink, type Trial, trialFrom } from "../fuzz/fuzz.ts";
import { readOptions } from "./usage.ts";

/** How often it says how far it is, in milliseconds. */
const EVERY = 5_000;
/** Faults after which it is clear that there are some. */
const ENOUGH = 10;

const { values, refuse } = readOptions("fuzz", {
  inputs: { value: "NUMBER", about: "how many are made", preset: "100000" },
  seed: { value: "NUMBER", about: "of the first; each next one is one more", preset: "1" },
  minutes: { value: "NUMBER", about: "ends after so many", preset: "Infinity" },
  only: { value: "SEED", about: "the one input that a seed makes" },
});
const first = Number(values.only ?? values.seed);
const count = values.only === undefined ? Number(values.inputs) : 1;
const minutes = Number(values.minutes);
if (!Number.isInteger(first) || !(count >= 1) || !(minutes > 0)) {
  refuse("--seed is a whole number; --inputs and --minutes are above 0");
}

// Thousands of errors a second are made, and none is looked at.
Error.stackTraceLimit = 0;
const started = performance.now();
const seconds = () => (performance.now() - started) / 1000;
const show = (tried: number) =>
  console.log(`… ${tried} inputs, ${Math.round(tried / seconds())} a second, ${failed} failed`);
let passed = 0, failed = 0, shown = started;
for (let seed = first; seed < first + count && failed < ENOUGH; seed++) {
  if (seconds() > minutes * 60) break;
  const trial = trialFrom(seed);
  const wrong = await tried(trial);
  if (wrong.length === 0) passed++;
  else {
    failed++;
    await tell(seed, trial, wrong);
  }
  if (performance.now() - shown < EVERY) continue;
  shown = performance.now();
  show(passed + failed);
}
show(passed + failed);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function tried(trial: Trial): Promise<string[]> {
  try {
    return await attempt(trial);
  } catch (error) {
    return [`it cannot be tried: ${(error as Error).stack ?? String(error)}`];
  }
}

async function tell(seed: number, trial: Trial, wrong: readonly string[]): Promise<void> {
  console.log(`\nseed ${seed} (npm run fuzz -- --only ${seed}):\n  ${wrong[0]}`);
  const smallest = await shrink(trial);
  console.log(`smallest: ${JSON.stringify(smallest)}\n  ${(await tried(smallest))[0]}`);
}
