/**
 * A process that is told in lines, and answers each with a line of JSON.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command } from "../matrix/columns.ts";

/** One such process. */
export class Talker {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #end: Promise<string>;
  #wake: () => void = () => {};
  #isOver = false;

  /** Starts it; what it complains of is shown. */
  constructor({ file, args }: Command) {
    this.#child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#child.stdin!.on("error", () => {});
    this.#end = new Promise((resolve) =>
      this.#child.once("close", (code, signal) => {
        this.#isOver = true;
        this.#wake();
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
      })
    );
  }

  /** The next line that it says. */
  async next(): Promise<unknown> {
    while (this.#lines.length === 0) {
      if (this.#isOver) throw new Error(`${this.#child.spawnfile} ended: ${await this.#end}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return JSON.parse(this.#lines.shift()!);
  }

  /** Says a line. */
  send(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Says a line, and waits for the answer. */
  ask(line: string): Promise<unknown> {
    this.send(line);
    return this.next();
  }

  /** How it ends when it is told no more, for which it has so many milliseconds. */
  ended(milliseconds: number): Promise<string> {
    this.#child.stdin!.end();
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`still there after ${milliseconds} ms`), milliseconds);
    });
    return Promise.race([this.#end, late]).finally(() => clearTimeout(timer));
  }

  /** Ends it. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
