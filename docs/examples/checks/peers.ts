/**
 * Programs of others: in `PATH`, or where `fetch.ts` has put them. Runs on every runtime.
 *
 * @module
 */

import { existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, join, resolve, sep } from "node:path";
import process from "node:process";

/** A program that examples are checked with. */
export interface Peer {
  /** What it is called here and there, where that is not the name that we call it by. */
  readonly names?: readonly string[];
  /** The packages of Debian that have its own files, the first one for users. */
  readonly packages: readonly string[];
  /** The environment's variable that may say where it is. */
  readonly variable?: string;
  /** How it is asked for its version, where that is not `--version`. */
  readonly version?: string;
}

/** All of them. */
export const PEERS: Readonly<Record<string, Peer>> = {
  ab: { packages: ["apache2-utils"], version: "-V" },
  chromium: {
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    packages: ["chromium", "chromium-common"],
    variable: "CHROMIUM",
  },
  curl: { packages: ["curl"] },
  "nats-server": { packages: ["nats-server"] },
  nc: {
    names: ["nc", "nc.openbsd", "ncat", "netcat"],
    packages: ["netcat-openbsd"],
    version: "-h",
  },
  openssl: { packages: ["openssl"], version: "version" },
  python3: { packages: ["python3", "python3-minimal"] },
  "redis-server": { packages: ["redis-server", "redis-tools"] },
  script: { packages: ["bsdutils"] },
  wrk: { packages: ["wrk"] },
};

/** What is fetched once: nothing outside of the checkout. */
export const CACHE: string = resolve("node_modules/.cache/asynchat");
const FETCHED = join(CACHE, "peers");

/** Chromium's own file first: what is in `bin` starts the one of the system. */
const BIN = ["usr/lib/chromium", "usr/bin", "bin", "usr/sbin", "sbin"];

/** The folder of a peer that is fetched, laid out as the system is. */
export function rootOf(name: string): string {
  return join(FETCHED, name);
}

/** Where a peer is; `undefined` for nowhere. */
export function findPeer(name: string): string | undefined {
  const { names = [name], variable } = PEERS[name]!;
  const said = variable === undefined ? undefined : process.env[variable];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return said ?? findIn(folders, names) ?? findInRoot(rootOf(name), name);
}

/** Where a peer is in a folder that is laid out as the system is. */
export function findInRoot(root: string, name: string): string | undefined {
  return findIn(BIN.map((folder) => join(root, folder)), PEERS[name]!.names ?? [name]);
}

function findIn(folders: readonly string[], names: readonly string[]): string | undefined {
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const found = statSync(path);
    return found.isFile() && (found.mode & 0o111) > 0;
  } catch {
    // Nothing there, or nothing that is shown to us.
    return false;
  }
}

/** What to say where a peer is missing. */
export function noPeer(name: string): string {
  const { packages: [debian], variable } = PEERS[name]!;
  const or = variable === undefined ? "" : `; or say where it is: ${variable}=/path/to/${name}`;
  return `there is no ${name} in PATH; on Debian: apt-get install ${debian}${or}`;
}

/** A program by its name, which is looked up when it is a peer's, or by its path. */
export function locate(program: string): string {
  return Object.hasOwn(PEERS, program) ? findPeer(program) ?? program : program;
}

/** What a program has to know to run: one that is fetched does not find its libraries by itself. */
export function environmentOf(program: string): NodeJS.ProcessEnv {
  if (!program.startsWith(FETCHED + sep)) return process.env;
  const [name = ""] = program.slice(FETCHED.length + 1).split(sep);
  return environmentIn(join(FETCHED, name));
}

/** The same, for what is in `root`. */
export function environmentIn(root: string): NodeJS.ProcessEnv {
  const { PATH = "", LD_LIBRARY_PATH = "", ...others } = process.env;
  const listOf = (...folders: readonly string[]) =>
    folders.filter((folder) => folder !== "").join(delimiter);
  const fonts = join(root, "etc/fonts"), openssl = join(root, "etc/ssl/openssl.cnf");
  return {
    ...others,
    PATH: listOf(...BIN.map((folder) => join(root, folder)), PATH),
    LD_LIBRARY_PATH: listOf(...librariesIn(root), LD_LIBRARY_PATH),
    // Without a font Chromium ends. The configuration names `fonts` in XDG_DATA_HOME.
    ...(existsSync(fonts)
      ? { FONTCONFIG_PATH: fonts, XDG_DATA_HOME: join(root, "usr/share") }
      : {}),
    ...(existsSync(openssl) ? { OPENSSL_CONF: openssl } : {}),
  };
}

/** Libraries are in the folders of their machine, and some in folders of their package below. */
function librariesIn(root: string): string[] {
  const below = (folder: string) => foldersIn(folder).map((name) => join(folder, name));
  const machines = ["usr/lib", "lib"].flatMap((folder) => below(join(root, folder)));
  return [...machines, ...machines.flatMap(below)].filter(hasLibrary);
}

function foldersIn(folder: string): string[] {
  return entriesOf(folder).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function hasLibrary(folder: string): boolean {
  return entriesOf(folder).some(({ name }) => /\.so(\.\d+)*$/.test(name));
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
