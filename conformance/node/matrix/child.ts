/**
 * A process that tells in lines, and cannot hang for ever.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command } from "./columns.ts";

/** How much of what it says beside its lines is kept, in characters. */
const NOISE = 16 * 1024;

/** How it ended. */
export interface Ended {
  /** In words: `"exit code 1"`, `"signal SIGKILL"`, `"could not be started: …"`. */
  readonly how: string;
  /** The last that it wrote which was no line. */
  readonly noise: string;
}

/** A process under way. */
export interface Child {
  readonly ended: Promise<Ended>;
  /** Ends it at once, because of `why`. */
  kill(why: string): void;
  /** Ends its input: it may end in its own way. */
  end(): void;
  /** Gives it so many milliseconds from now on to say something; `Infinity` for ever. */
  expect(milliseconds: number): void;
}

/** Starts it. `onLine` gets what stands behind the prefix. */
export function startChild(
  { file, args, env, cleanUp }: Command,
  prefix: string,
  onLine: (line: string) => void,
): Child {
  const child: ChildProcess = spawn(file, args, {
    // Its input ends with us: whoever reads it will not outlive us.
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let noise = "";
  let killed: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const note = (text: string) => noise = (noise + text).slice(-NOISE);
  const kill = (why: string) => {
    killed ??= why;
    child.kill("SIGKILL");
  };
  createInterface({ input: child.stdout! }).on("line", (line) => {
    if (line.startsWith(prefix)) onLine(line.slice(prefix.length));
    else note(`${line}\n`);
  });
  child.stderr!.setEncoding("utf8").on("data", note);
  child.stdin!.on("error", () => {});
  const ended = new Promise<Ended>((resolve) => {
    child.once(
      "error",
      (error) => resolve({ how: `could not be started: ${error.message}`, noise }),
    );
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      cleanUp?.();
      resolve({
        how: killed ?? (signal === null ? `exit code ${code}` : `signal ${signal}`),
        noise,
      });
    });
  });
  return {
    ended,
    kill,
    end: () => void child.stdin!.end(),
    expect(milliseconds) {
      clearTimeout(timer);
      if (milliseconds === Infinity) return;
      timer = setTimeout(
        () => kill(`killed: it said nothing for ${Math.round(milliseconds / 1000)} s`),
        milliseconds,
      );
    },
  };
}
