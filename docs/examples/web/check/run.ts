/** Runs a program to its end, with bytes in and bytes out. */

import { spawn } from "node:child_process";
import { once } from "node:events";

/** What a program said. */
export interface Said {
  readonly status: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** `undefined` when there is none of that name. */
export async function run(
  [file = "", ...args]: readonly string[],
  input: Uint8Array = new Uint8Array(0),
): Promise<Said | undefined> {
  const child = spawn(file, args, { stdio: "pipe" });
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
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
