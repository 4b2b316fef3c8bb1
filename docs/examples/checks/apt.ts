/**
 * Debian's packages without installing them. apt has folders of its own here, so that nobody has to
 * be root and the system stays as it is; where packages come from, and which are there already, is
 * what the system says. apt checks what it fetches.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { type RunOptions, runProgram, type Said } from "./run_program.ts";

/** A file of a package that is to be fetched. */
export interface PackageFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** Reads what `apt-get --print-uris` says: `'URI' NAME SIZE HASH`. */
export function parseUris(output: string): PackageFile[] {
  return [...output.matchAll(/^'[^']+' (\S+\.deb) (\d+)(?: .*)?$/gm)]
    .map(([, name = "", size]) => ({ name, size: Number(size) }));
}

/** The first thing that apt could not do, in its own words. */
export function reasonIn(output: string): string | undefined {
  // Where apt's own user may not enter, it fetches as whoever runs it.
  const lines = output.split("\n").filter((line) => !line.includes("unsandboxed"));
  const said = lines.find((line) => line.startsWith("E: ")) ??
    lines.find((line) => /^(W|Err): ?/.test(line));
  return said?.replace(/^\w+: ?/, "").trim();
}

const CONFIGURATION = [
  // What the system does behind its own updates is not for ours.
  ...["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"].map((when) =>
    `#clear APT::Update::${when};`
  ),
  // Locks are the system's; nobody else has these folders.
  'Debug::NoLocking "true";',
  'Acquire::Languages "none";',
  'Acquire::Retries "2";',
  'Acquire::http::Timeout "30";',
  'Acquire::https::Timeout "30";',
  'APT::Install-Recommends "false";',
];

/** An apt that keeps what it knows in a folder of its own. */
export class Apt {
  readonly #folder: string;
  /** What went wrong when the lists were read: perhaps it does not matter. */
  #trouble: string | undefined;

  /** Makes the folder; it is for one process at a time. */
  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ["state/lists/partial", "cache/archives/partial"]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const folders = [`Dir::State "${folder}/state";`, `Dir::Cache "${folder}/cache";`];
    writeFileSync(join(folder, "apt.conf"), [...CONFIGURATION, ...folders, ""].join("\n"));
  }

  async #run(command: readonly string[], options?: RunOptions): Promise<Said> {
    const [program = "", ...args] = command;
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    const line = [program, "-c", join(this.#folder, "apt.conf"), ...args];
    const said = await runProgram(line, { env, ...options });
    if (said === undefined) throw new Error(`there is no ${program} here`);
    if (said.status === 0) return said;
    const reasons = [reasonIn(said.err), this.#trouble].filter((reason) => reason !== undefined);
    throw new Error([...new Set(reasons)].join("; ") || `${program} ended with ${said.status}`);
  }

  /** Asks the system's sources what there is. Throws where there is no apt. */
  async update(): Promise<void> {
    // One source that cannot be reached is no error of apt's: the others may be enough.
    this.#trouble = reasonIn((await this.#run(["apt-get", "update"])).err);
  }

  /** Which files make up these packages here: they themselves, and what they need and is missing. */
  async plan(packages: readonly string[]): Promise<PackageFile[]> {
    return parseUris((await this.#run(this.#install(packages, "--print-uris"))).out.toString());
  }

  /** Fetches the files of these packages, and answers the folder that they are in. */
  async download(packages: readonly string[], onfile: () => void = () => {}): Promise<string> {
    const onoutput = (text: string) => text.match(/^Get:/gm)?.forEach(onfile);
    await this.#run(this.#install(packages, "--download-only"), { onoutput });
    return this.#archives(packages);
  }

  /** Packages that are there already, but whose program is not, are fetched all the same. */
  #install(packages: readonly string[], how: string): string[] {
    const archives = this.#archives(packages);
    mkdirSync(join(archives, "partial"), { recursive: true });
    const options = ["-q", "--yes", "--reinstall", "-o", `Dir::Cache::archives=${archives}`];
    return ["apt-get", "install", ...options, how, ...packages];
  }

  #archives(packages: readonly string[]): string {
    return join(this.#folder, "archives", packages[0]!);
  }

  /** Where the system gets its packages from. */
  async repositories(): Promise<string[]> {
    const format = ["--format", "$(REPO_URI)", "Created-By: Packages"];
    const { out } = await this.#run(["apt-get", "indextargets", "--no-release-info", ...format]);
    return [...new Set(`${out}`.split("\n").filter((line) => line !== ""))];
  }

  /** Fetches one file of a repository, of which the hash is known. */
  async downloadFile(uri: string, file: string, sha256: string): Promise<void> {
    const { out } = await this.#run(["apt-config", "shell", "METHODS", "Dir::Bin::methods/f"]);
    const helper = join(dirname(/'(.+)'/.exec(`${out}`)?.[1] ?? ""), "apt-helper");
    await this.#run([helper, "download-file", uri, file, `SHA256:${sha256}`]);
  }
}
