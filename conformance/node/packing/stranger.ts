/**
 * A folder of somebody who has nothing but the package, outside of the checkout.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";

/** How a program ended, and all that it wrote. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** The folder, and programs that run in it. */
export class Stranger implements Disposable {
  /** Where it is. */
  readonly home: string = mkdtempSync(join(tmpdir(), "asynchat-consumers-"));

  /** Packs the package, installs it without a network, and answers what was installed. */
  async install(): Promise<string> {
    const pack = ["pack", "--pack-destination", this.home, "--loglevel=error"];
    mustBeGreen(await this.run("npm", pack, { cwd: process.cwd() }));
    const archive = readdirSync(this.home).find((name) => name.endsWith(".tgz"));
    this.write("package.json", JSON.stringify({ private: true, type: "module" }));
    const quietly = ["--offline", "--no-audit", "--no-fund"];
    mustBeGreen(await this.run("npm", ["install", ...quietly, `./${archive}`]));
    return join(this.home, "node_modules/asynchat");
  }

  /** Adds a package that the checkout has. */
  add(name: string): void {
    symlinkSync(resolve("node_modules", name), join(this.home, "node_modules", name));
  }

  /** Copies a folder of the checkout. */
  copy(from: string, to: string): void {
    cpSync(from, join(this.home, to), { recursive: true });
  }

  /** Writes a file, and answers where it is. */
  write(name: string, text: string): string {
    const file = join(this.home, name);
    writeFileSync(file, text);
    return file;
  }

  /** Runs a program to its end. */
  async run(
    file: string,
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<Ended> {
    const { cwd = this.home, env } = options;
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => output += text);
    }
    const status = await once(child, "close").then(
      ([code]) => code as number | null,
      (error: unknown) => (output += String(error), null),
    );
    return { status, output: stripVTControlCharacters(output).trim() };
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

function mustBeGreen({ status, output }: Ended): void {
  if (status !== 0) throw new Error(output);
}
