/**
 * Runs a program to its end, with bytes in and bytes out.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { environmentOf, locate } from "./peers.ts";

/** What a program said. */
export interface Said {
  /** `null` when a signal ended it. */
  readonly status: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** How to run it. */
export interface RunOptions {
  readonly input?: Uint8Array | undefined;
  readonly env?: NodeJS.ProcessEnv;
  /** Told what it writes, as it does. */
  readonly onoutput?: (text: string) => void;
}

/** `undefined` when there is none of that name. */
export async function runProgram(
  [program = "", ...args]: readonly string[],
  { input = new Uint8Array(0), env, onoutput }: RunOptions = {},
): Promise<Said | undefined> {
  const file = locate(program);
  const child = spawn(file, args, { stdio: "pipe", env: env ?? environmentOf(file) });
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out.push(chunk);
    onoutput?.(chunk.toString());
  });
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
