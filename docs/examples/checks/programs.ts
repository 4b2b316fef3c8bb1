/**
 * Programs that examples are checked with: servers, clients, and the examples themselves on each
 * runtime. Runs on all of them.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentOf, locate } from "./peers.ts";

/** Longest wait for anything, in milliseconds; nothing is timed. */
export const PATIENCE = 60_000;

/** The runtimes that every example runs on, from one source. */
export const RUNTIMES = ["Node", "Deno", "Bun"] as const;

/** One of them. */
export type Runtime = (typeof RUNTIMES)[number];

/** How an example is started, in the checkout: `commandOf("Deno", "chat/server", "7000")`. */
export function commandOf(runtime: Runtime, example: string, ...args: string[]): string[] {
  const source = `docs/examples/${example}.ts`;
  switch (runtime) {
    case "Node":
      // Of whatever runtime this is, for that has Node's name for it too.
      return [process.versions.deno || process.versions.bun ? "node" : process.execPath]
        .concat(`dist/docs/examples/${example}.js`, args);
    case "Deno":
      return ["node_modules/.bin/deno", "run", "-A", "--no-lock", source, ...args];
    case "Bun":
      return ["node_modules/.bin/bun", source, ...args];
  }
}

/** Waits until something holds; throws when it never does. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await holds());) {
    if (Date.now() > end) throw new Error(`waited for ever until ${what}`);
    await sleep(20);
  }
}

/** A port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port ?? 0 : 0));
    });
  });
}

/** They do not outlive us, however we end. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((program) => program.kill("SIGKILL")));

/** A program that runs. */
export class Program implements AsyncDisposable {
  readonly name: string;
  /** Everything that it wrote. */
  output = "";
  readonly #process: ChildProcess;
  /** Its exit code, or the signal. */
  #how: number | string | undefined;

  /** Starts it. */
  constructor(name: string, [program = "", ...args]: readonly string[]) {
    this.name = name;
    const file = locate(program), env = environmentOf(file);
    this.#process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env });
    const { stdin, stdout, stderr } = this.#process;
    for (const stream of [stdout!, stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => this.output += text);
    }
    stdin!.on("error", () => {});
    this.#process.once("error", ({ message }) => this.#how = message);
    running.add(this.#process);
    this.#process.once("close", (code, signal) => {
      running.delete(this.#process);
      this.#how ??= signal ?? code ?? "gone";
    });
  }

  /** The number that the system knows it by. */
  get pid(): number {
    return this.#process.pid!;
  }

  /** The lines that it wrote, whole ones. */
  get lines(): string[] {
    return this.output.split(/\r?\n/).slice(0, -1);
  }

  /** Gives it a line to read. */
  write(line: string): void {
    this.type(`${line}\n`);
  }

  /** Gives it whatever to read. */
  type(text: string): void {
    this.#process.stdin!.write(text);
  }

  /** Gives it the last that it will read. */
  end(input: string | Uint8Array = ""): void {
    this.#process.stdin!.end(input);
  }

  /** Resolves with how it ended: its exit code, or the signal. Rejects when it never does. */
  get ended(): Promise<number | string> {
    return until(`${this.name} ends`, () => this.#how !== undefined).then(() => this.#how!);
  }

  /** Ends its input, and resolves with how it ended then. */
  leave(): Promise<number | string> {
    this.end();
    return this.ended;
  }

  /** Waits until it has written what matches, from `start` on. */
  async shows(pattern: RegExp | string, start = 0): Promise<RegExpExecArray> {
    const expression = typeof pattern === "string" ? new RegExp(escape(pattern)) : pattern;
    let match: RegExpExecArray | null = null;
    await until(`${this.name} says ${pattern}`, () => {
      match = expression.exec(this.output.slice(start));
      if (match === null && this.#how !== undefined) {
        throw new Error(`${this.name} ended (${this.#how}) and did not say ${pattern}: ${this}`);
      }
      return match !== null;
    }).catch((error) => {
      throw new Error(`${error.message}\n${this}`, { cause: error });
    });
    return match!;
  }

  /** Ends it by a signal, and resolves with how it ended. */
  async kill(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> {
    this.#process.kill(signal);
    return await this.ended;
  }

  /** The end of what it wrote. */
  toString(): string {
    return this.output.slice(-1000);
  }

  /** Ends it at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
