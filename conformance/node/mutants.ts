/**
 * `npm run mutants`: breaks the core and the adapter on purpose, one fault at a time, and sees the
 * case that is aimed at it fail. A case that cannot fail proves nothing.
 *
 * Options: `--only TEXT` takes the faults whose words, file or case contain the text.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { type Line, PREFIX } from "../launch.ts";
import { adapterMutants } from "../mutants/adapters.ts";
import { coreMutants } from "../mutants/core.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { tlsMutants } from "../mutants/tls.ts";
import { transcriptMutants } from "../mutants/transcript.ts";
import type { Result } from "../result.ts";
import { readOptions } from "./usage.ts";
import { startWitness } from "./witness/control.ts";

/** A fault makes waits run to their end: they guard against hanging, and need no patience here. */
const PATIENCE = 0.2;
/** How long one run may take, in milliseconds, before it is cut. */
const LONGEST = 60_000;

const root = process.cwd();
const folder = join(root, "dist/.mutants");

/** Edits one file while it is bundled. */
function editing({ file, find, replace, fault }: Mutant): Plugin {
  const path = resolve(root, file);
  return {
    name: "mutant",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async (args) => {
        if (args.path !== path) return undefined;
        const text = await readFile(path, "utf8");
        if (text.split(find).length !== 2) {
          throw new Error(`"${fault}": its place is not there exactly once any more in ${file}`);
        }
        return { contents: text.replace(find, () => replace), loader: "ts" };
      });
    },
  };
}

async function bundle(name: string, plugins: Plugin[]): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, "conformance/launchers/node.ts")],
    outfile,
    plugins,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "silent",
  });
  return outfile;
}

/** What came of the cases, by id. */
async function run(script: string, options: object): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST);
  let under: string | undefined;
  for await (const text of createInterface({ input: child.stdout })) {
    if (!text.startsWith(PREFIX)) continue;
    const line = JSON.parse(text.slice(PREFIX.length)) as Line;
    if ("start" in line) under = line.start;
    if ("result" in line && !line.result.again) results.set(line.result.id, line.result);
  }
  clearTimeout(timer);
  if (under !== undefined && !results.has(under)) {
    results.set(under, {
      id: under,
      verdict: "fail",
      ms: 0,
      detail: `${under}: the process died, or had to be cut`,
    });
  }
  return results;
}

const { values, refuse } = readOptions("mutants", {
  only: { value: "TEXT", about: "those with this in their words, file or case", preset: "" },
});
const mutants = [...coreMutants, ...adapterMutants, ...tlsMutants, ...transcriptMutants].filter((
  { fault, file, caughtBy },
) => `${fault} ${file} ${caughtBy}`.includes(values.only));
if (mutants.length === 0) refuse(`no fault has "${values.only}" in its words`);

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const witness = await startWitness({
  entry: fileURLToPath(new URL("./witness.js", import.meta.url)),
});
const { control } = witness;

let passed = 0, failed = 0;
function tell(good: boolean, words: string): void {
  if (good) passed++;
  else failed++;
  console.log(`${good ? "ok  " : "FAIL"} ${words}`);
}

// Unbroken, every aimed case has to pass, or its failure would say nothing about the fault.
const ids = [...new Set(mutants.map(({ caughtBy }) => caughtBy))];
const sound = await run(await bundle("sound", []), { control, ids });
for (const id of ids) {
  const verdict = sound.get(id)?.verdict ?? "not run";
  if (verdict !== "pass") tell(false, `${id} does not pass without any fault: ${verdict}`);
}

for (const [index, mutant] of mutants.entries()) {
  const { fault, caughtBy } = mutant;
  try {
    const script = await bundle(`mutant${index + 1}`, [editing(mutant)]);
    const results = await run(script, { control, ids: [caughtBy], patience: PATIENCE });
    const { verdict = "not run", detail = "" } = results.get(caughtBy) ?? {};
    const caught = verdict === "fail" || verdict === "non-strict";
    const words = caught ? detail.split("\n")[0]!.slice(0, 140) : `NOT CAUGHT (${verdict})`;
    tell(caught, `${caughtBy.padEnd(8)} ${fault}\n              ${words}`);
  } catch (error) {
    tell(false, `${fault}: ${String(error)}`);
  }
}

await witness.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
