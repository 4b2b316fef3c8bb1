/**
 * Gets what checks need and the machine does not have: packages of Debian, unpacked in a folder of
 * the checkout. Nothing is installed, nobody has to be root. What cannot be had is said.
 *
 * @module
 */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { Apt } from "./apt.ts";
import { CORPORA, findCorpus, folderOf } from "./corpora.ts";
import type { Example } from "./list.ts";
import { CACHE, environmentIn, findInRoot, findPeer, noPeer, PEERS, rootOf } from "./peers.ts";
import { runProgram } from "./run_program.ts";

/** Begins a line that says what could not be fetched, and why. */
export const NOT_FETCHED = "NOT FETCHED";

/** What is missing on this machine. */
export interface Missing {
  readonly peers: readonly string[];
  readonly corpora: readonly string[];
}

/** Which things that these examples need are not there, each once. */
export function missingFor(
  examples: readonly Example[],
  hasPeer: (name: string) => boolean = (name) => findPeer(name) !== undefined,
  hasCorpus: (name: string) => boolean = (name) => findCorpus(name) !== undefined,
): Missing {
  const needs = examples.flatMap(({ needs }) => needs);
  const corpora = examples.flatMap(({ corpora = [] }) => corpora);
  return {
    peers: [...new Set(needs)].filter((name) => !hasPeer(name)),
    corpora: [...new Set(corpora)].filter((name) => !hasCorpus(name)),
  };
}

/** Gets it, with a line for each thing. Does not throw: checks say themselves what they lack. */
export async function fetchMissing({ peers, corpora }: Missing): Promise<void> {
  if (peers.length + corpora.length === 0) return;
  console.log(`fetching ${[...peers, ...corpora].join(", ")}: into ${CACHE}`);
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "fetching-"));
  // apt that is run by root fetches as a user of its own.
  chmodSync(folder, 0o755);
  const clean = () => rmSync(folder, { recursive: true, force: true });
  const leave = (signal: NodeJS.Signals) => {
    clean();
    process.kill(process.pid, signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, leave);
  try {
    const apt = new Apt(folder);
    const reason = await attempt(() => apt.update());
    const tasks = [
      ...peers.map((name) => ({ name, run: () => fetchPeer(apt, folder, name) })),
      ...corpora.map((name) => ({ name, run: () => fetchCorpus(apt, folder, name) })),
    ];
    for (const { name, run } of tasks) {
      const why = reason ?? await attempt(run);
      const how = name in PEERS ? noPeer(name) : "see docs/examples/checks/README.md";
      if (why !== undefined) console.log(`${NOT_FETCHED} ${name}: ${why}; ${how}`);
    }
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, leave);
    clean();
  }
}

/** What went wrong, on one line. */
async function attempt(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
  }
}

async function fetchPeer(apt: Apt, folder: string, name: string): Promise<void> {
  const { packages } = PEERS[name]!;
  const files = await apt.plan(packages);
  const megabytes = files.reduce((sum, { size }) => sum + size, 0) / 1e6;
  const count = `${files.length} package${files.length === 1 ? "" : "s"}`;
  console.log(`  ${name}: ${count}, ${megabytes.toFixed(1)} MB`);
  let fetched = 0;
  const archives = await apt.download(packages, () => {
    if (++fetched % 25 === 0) console.log(`  ${name}: package ${fetched} of ${files.length}`);
  });
  const root = join(folder, "roots", name);
  mkdirSync(root, { recursive: true });
  for (const file of files) await succeed(["dpkg-deb", "-x", join(archives, file.name), root]);
  await starts(root, name);
  publish(root, rootOf(name));
}

/** A program that cannot even say its version here is none. */
async function starts(root: string, name: string): Promise<void> {
  const path = findInRoot(root, name);
  if (path === undefined) throw new Error(`there is no ${name} in its packages`);
  const { version = "--version" } = PEERS[name]!;
  const said = await runProgram([path, version], { env: environmentIn(root) });
  const output = `${said?.out ?? ""}${said?.err ?? ""}`.trim();
  // The exit code is no help but for the loader's: a library is missing then.
  const isOwn = typeof said?.status === "number" && said.status !== 127;
  if (!isOwn || !/\d\.\d/.test(output)) throw new Error(`it does not start: ${output}`);
}

async function fetchCorpus(apt: Apt, folder: string, name: string): Promise<void> {
  const { path, sha256, only, title } = CORPORA[name]!;
  const archive = join(folder, `${name}.tar.gz`);
  const reasons: string[] = [];
  for (const repository of await apt.repositories()) {
    if (existsSync(archive)) break;
    const uri = `${repository.replace(/\/?$/, "/")}${path}`;
    const why = await attempt(() => apt.downloadFile(uri, archive, sha256));
    if (why !== undefined) reasons.push(why);
  }
  if (!existsSync(archive)) throw new Error(reasons[0] ?? "the system has no source of packages");
  const unpacked = join(folder, "corpora", name);
  mkdirSync(unpacked, { recursive: true });
  const options = ["--no-same-owner", "--strip-components=1", "--wildcards", only];
  await succeed(["tar", "-xzf", archive, "-C", unpacked, ...options]);
  publish(unpacked, folderOf(name));
  console.log(`  ${title}: its tests`);
}

async function succeed(command: readonly string[]): Promise<void> {
  const said = await runProgram(command);
  if (said === undefined) throw new Error(`there is no ${command[0]} here`);
  if (said.status !== 0) throw new Error(said.err.trim() || `${command[0]} failed`);
}

/** All of it or nothing; whoever was there before may stay. */
function publish(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (!existsSync(to)) renameSync(from, to);
}
