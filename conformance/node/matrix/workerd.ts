/**
 * Starts the suite in workerd, which takes one bundled script and a configuration.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LaunchOptions } from "../../launch.ts";
import { Witness } from "../../witness.ts";
import { freePorts, workerdConfig } from "../workerd_config.ts";
import type { Command } from "./columns.ts";
import type { Paths } from "./paths.ts";

const SCRIPT = "suite.js";
const CONFIG = "suite.capnp";

/** Bundles the launcher, writes the configuration, and answers how to start it. */
export async function workerdCommand(
  file: string,
  paths: Paths,
  options: LaunchOptions,
): Promise<Command> {
  const folder = mkdtempSync(join(tmpdir(), "asynchat-workerd-"));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  try {
    await bundle(paths, folder);
    const { control } = options;
    const config = workerdConfig({
      script: SCRIPT,
      options: JSON.stringify(options),
      version: versionOf(file),
      certificates: control === undefined ? undefined : await new Witness(control).certificates(),
      // Last, so that nobody has time to take one.
      inbound: await freePorts(),
    });
    writeFileSync(join(folder, CONFIG), config);
  } catch (error) {
    cleanUp();
    throw error;
  }
  return { file, args: ["test", join(folder, CONFIG)], cleanUp };
}

async function bundle(paths: Paths, folder: string): Promise<void> {
  const { build } = await bundler();
  await build({
    entryPoints: [paths.built("conformance/launchers/workerd")],
    outfile: join(folder, SCRIPT),
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["cloudflare:*"],
    logLevel: "error",
  });
}

function bundler(): Promise<typeof import("esbuild")> {
  return import("esbuild").catch((cause: unknown) => {
    throw new Error("workerd needs a bundler: npm install --save-dev esbuild", { cause });
  });
}

/** `"2026-10-23"`: it names its version by date, as it names its behaviour. */
function versionOf(file: string): string {
  const { stdout } = spawnSync(file, ["--version"], { encoding: "utf8" });
  return stdout.trim().replace(/^workerd /, "");
}
