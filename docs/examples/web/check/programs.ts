/**
 * Other programs: our servers on each runtime, and the clients that they are held to.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

const DENO = ["node_modules/.bin/deno", "run", "--allow-net"];

/** How a module of the examples, such as `web/main`, is run on each runtime. */
export const RUNTIMES: Readonly<Record<string, (module: string) => readonly string[]>> = {
  Node: (module) => [process.execPath, `dist/docs/examples/${module}.js`],
  Deno: (module) => [...DENO, `docs/examples/${module}.ts`],
  Bun: (module) => ["node_modules/.bin/bun", `docs/examples/${module}.ts`],
};

/** What a program said. */
export interface Said {
  readonly status: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** Runs a program to its end; `undefined` when there is none of that name. */
export async function run(
  command: readonly string[],
  input: Uint8Array = new Uint8Array(0),
): Promise<Said | undefined> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: "pipe" });
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk) => out.push(chunk));
  child.stderr.on("data", (chunk) => err += chunk);
  child.stdin.on("error", () => {}).end(input);
  try {
    const [status] = await once(child, "close");
    return { status, out: Buffer.concat(out), err };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A server of ours, on a free port. */
export class Server implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  readonly port: number;

  private constructor(child: ChildProcess, exit: Promise<unknown[]>, port: number) {
    this.#child = child;
    this.#exit = exit;
    this.port = port;
  }

  /** Starts it, and waits until it says where it listens. */
  static async start([file = "", ...args]: readonly string[]): Promise<Server> {
    const child = spawn(file, [...args, "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(child, "exit");
    let said = "";
    for await (const chunk of child.stdout) {
      said += chunk;
      const [, port] = /http:\/\/localhost:(\d+)/.exec(said) ?? [];
      if (port !== undefined) return new Server(child, exit, Number(port));
    }
    throw new Error(`${file} ${args.join(" ")} said ${said}`);
  }

  /** Asks it to go down; resolves with its exit status. */
  async stop(): Promise<unknown> {
    this.#child.kill("SIGTERM");
    const [status] = await this.#exit;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}
