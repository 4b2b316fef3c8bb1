/**
 * `npm run bench`: what the framing costs, and what its purity costs.
 *
 * One process a contender, as a second one in the same process would slow both down; rounds take
 * turns, and what counts are the ratios: figures wander on a machine that is not idle. What is
 * counted is the processor's time, collecting garbage included, and not that of the clock.
 *
 * The pure fold is held against the same algorithm in place. The bare loop beside them can do less:
 * it shows what the fold's abilities cost, whatever its form.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { contenders, workloads } from "./framing/contenders.ts";

const run = promisify(execFile);
const ROUNDS = 5;
const WARM = 200;
const MEASURED = 400;

/** The processor's time that this process has used, in milliseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** In a process of its own: megabytes of payload a second. */
function measure(contender: string, workload: number): number {
  const { [contender]: make } = contenders;
  const take = make!(workloads[workload]!);
  const spend = (milliseconds: number) => {
    const before = take(), begin = spent();
    let after = before, time = 0;
    while (time < milliseconds) {
      after = take();
      time = spent() - begin;
    }
    return (after - before) / 1e6 / (time / 1000);
  };
  spend(WARM);
  return spend(MEASURED);
}

async function rounds(): Promise<void> {
  const names = Object.keys(contenders);
  console.log(
    `Node ${process.versions.node}, MB of payload a second of processor time, ` +
      `medians of ${ROUNDS} rounds\n`,
  );
  console.log(
    ["".padEnd(28), ...names.map((name) => name.padStart(11)), "  pure : in place"].join(""),
  );
  for (const [index, { name }] of workloads.entries()) {
    const figures = new Map<string, number[]>(names.map((contender) => [contender, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of names) {
        const { stdout } = await run(process.execPath, [
          fileURLToPath(import.meta.url),
          contender,
          String(index),
        ]);
        figures.get(contender)!.push(Number(stdout));
      }
    }
    const pure = figures.get("pure fold")!, inPlace = figures.get("in place")!;
    const ratio = median(pure.map((figure, round) => figure / inPlace[round]!));
    const cells = names.map((contender) => median(figures.get(contender)!).toFixed(0).padStart(11));
    console.log([name.padEnd(28), ...cells, ratio.toFixed(2).padStart(17)].join(""));
  }
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

const [contender, workload] = process.argv.slice(2);
if (contender !== undefined) console.log(measure(contender, Number(workload)));
else await rounds();
