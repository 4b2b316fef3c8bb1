// Holds the engine against the machine's own CPython: records random programs there, replays them
// here as they come, and prints what differs:
//   node dist/conformance/node/oracle.js [--count N] [--seed TEXT]
// Needs Python 3.8 to 3.11, the last that has asynchat; PYTHON names one. Exit status 0: all equal;
// 1: something differs; 2: NOT RUN. The last line counts the programs.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readOptions } from "./usage.ts";

const PYTHONS = ["python3", "python3.11", "python3.10", "python3.9", "python3.8"];
const HAS_ASYNCHAT = "import sys; sys.exit(not (3, 8) <= sys.version_info[:2] <= (3, 11))";

// Run as it is written, or as it is built.
const isBuilt = !import.meta.url.endsWith(".ts");
const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const RECORDER = pathOf(`${isBuilt ? "../../../conformance" : ".."}/oracle/record.py`);
const REPLAYER = pathOf(isBuilt ? "vectors.js" : "vectors.ts");

function findPython(): string | undefined {
  const { PYTHON } = process.env;
  const names = PYTHON === undefined ? PYTHONS : [PYTHON];
  return names.find((name) => spawnSync(name, ["-c", HAS_ASYNCHAT]).status === 0);
}

async function main(): Promise<number> {
  const { values: { count, seed = new Date().toISOString() }, refuse } = readOptions("oracle", {
    count: { value: "NUMBER", about: "programs", preset: "1000" },
    seed: { value: "TEXT", about: "what they are made of (the time)" },
  });
  if (!(Number(count) >= 1)) refuse(`--count must be a number above 0; got ${count}`);
  const python = findPython();
  if (python === undefined) {
    console.log("NOT RUN: no Python 3.8 to 3.11 here; name one by PYTHON");
    console.log("0 passed, 0 failed");
    return 2;
  }
  console.log(`${count} programs from seed ${JSON.stringify(seed)}, recorded by ${python}`);
  const recording = spawn(
    python,
    [RECORDER, "--programs", "--seed", seed, "--count", count],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const replaying = spawn(process.execPath, [REPLAYER, "-"], {
    stdio: [recording.stdout, "inherit", "inherit"],
  });
  const [[recorded], [replayed]] = await Promise.all([
    once(recording, "exit"),
    once(replaying, "exit"),
  ]);
  if (recorded !== 0) console.log(`NOT RUN to the end: the recorder's exit status is ${recorded}`);
  return recorded === 0 ? replayed : 2;
}

process.exitCode = await main();
