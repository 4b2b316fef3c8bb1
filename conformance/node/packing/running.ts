/**
 * Runs the compiled programs where the package is used.
 *
 * @module
 */

import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { PROGRAMS } from "./compiling.ts";
import { entriesFor, type Entry, type Outcome, type Place } from "./entry.ts";
import type { Ended, Stranger } from "./stranger.ts";

/** What a line begins with that tells of an entry. */
const PREFIX = "@@";

/** How to load a module, as code. */
export type Load = (specifier: string) => string;

/** As a module does. */
export const imported: Load = (specifier) => `await import("${specifier}")`;

/** As CommonJS does. */
export const required: Load = (specifier) => `require("${specifier}")`;

/** Runs the programs of a runtime in one process. */
export async function runOn(
  stranger: Stranger,
  runtime: "node" | "deno" | "bun",
  port: number,
  [file = "", ...args]: readonly string[],
  load: Load = imported,
): Promise<Outcome> {
  const entries = entriesFor(runtime);
  const main = stranger.write(
    `main_${runtime}.${load === required ? "cjs" : "js"}`,
    `${mainOf(entries, port, load, `asynchat/adapters/${runtime}`)}main();\n`,
  );
  return outcomeOf(entries, await stranger.run(file, [...args, main]));
}

/** Bundles the programs for workerd, and runs them there. */
export async function runOnWorkerd(
  stranger: Stranger,
  port: number,
  workerd: string,
): Promise<Outcome> {
  const entries = entriesFor("workerd");
  const main = mainOf(entries, port, imported, "asynchat/adapters/cloudflare");
  stranger.write("main_workerd.js", `${main}export default { test: main };\n`);
  await bundle(stranger, "workerd", { conditions: ["workerd"], external: ["cloudflare:*"] });
  const config = stranger.write("consumer.capnp", CONFIG);
  return outcomeOf(entries, await stranger.run(workerd, ["test", config]));
}

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["private"])),
  ],
);

const main :Workerd.Worker = (
  modules = [(name = "main", esModule = embed "bundle_workerd.js")],
  compatibilityDate = "2026-10-01",
);
`;

/** Bundles each program for a page: nothing that only a runtime has may be left in it. */
export async function runInBundle(stranger: Stranger, port: number): Promise<Outcome> {
  const outcome = new Map<string, string>();
  for (const entry of entriesFor("page")) {
    stranger.write("main_page.js", `${mainOf([entry], port, imported)}await main();\n`);
    try {
      const left = await bundle(stranger, "page", { platform: "browser" });
      if (left.length > 0) throw new Error(`it imports ${left.join(", ")}`);
      const ended = await stranger.run("node", ["bundle_page.js"]);
      outcome.set(entry.name, outcomeOf([entry], ended).get(entry.name)!);
    } catch (error) {
      outcome.set(entry.name, String(error));
    }
  }
  return outcome;
}

/** Bundles `main_*.js`, and answers what the bundle still imports. */
async function bundle(
  { home }: Stranger,
  place: Place,
  options: BuildOptions,
): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: home,
    entryPoints: [`main_${place}.js`],
    outfile: join(home, `bundle_${place}.js`),
    bundle: true,
    format: "esm",
    metafile: true,
    logLevel: "silent",
    ...options,
  });
  return Object.values(metafile!.outputs).flatMap((each) => each.imports.map(({ path }) => path));
}

/** A function that uses entries one after the other, and tells how that went. */
function mainOf(entries: readonly Entry[], port: number, load: Load, own?: string): string {
  const told = `{ port: ${port}, own: ${own === undefined ? own : load(own)} }`;
  const checks = entries.map(({ name, program }) => {
    const use = `(${load(`${PROGRAMS}/${program}.js`)}).default`;
    return `["${name}", async () => ${use}(${load(name)}, ${told})],`;
  });
  return `async function main() {
  for (const [name, check] of [
    ${checks.join("\n    ")}
  ]) {
    let wrong = "";
    try {
      await check();
    } catch (error) {
      wrong = String(error?.stack ?? error);
    }
    console.log("${PREFIX}" + JSON.stringify([name, wrong]));
  }
}
`;
}

function outcomeOf(entries: readonly Entry[], { output }: Ended): Outcome {
  const lines = output.split("\n").filter((line) => line.startsWith(PREFIX));
  const told = new Map<string, string>(lines.map((line) => JSON.parse(line.slice(PREFIX.length))));
  return new Map(
    entries.map(({ name }) => [name, told.get(name) ?? `nothing was told: ${output}`]),
  );
}
