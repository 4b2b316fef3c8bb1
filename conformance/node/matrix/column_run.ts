/**
 * Runs the suite on one runtime, and does not believe that silence is success.
 *
 * @module
 */

import type { Case } from "../../case.ts";
import { budgetOf } from "../../run_case.ts";
import { type Hello, type Line, PREFIX } from "../../launch.ts";
import { MOST_BUDGETS } from "../../patience.ts";
import { isGood, type Result } from "../../result.ts";
import { type Child, type Ended, startChild } from "./child.ts";
import type { Column } from "./columns.ts";
import type { Paths } from "./paths.ts";
import { startWitnessChild } from "./witness_child.ts";

/** How often a runtime that died may be started again, for the cases that are left. */
const RESTARTS = 5;
/** What a runtime may need beside its cases: to start, to look for leaks; in milliseconds. */
const GRACE = 20_000;
const ABORTED = "the run was aborted";

/** What is asked of every column. */
export interface Asked {
  readonly paths: Paths;
  readonly cases: readonly Case[];
  readonly seed: number;
  readonly patience: number;
  /** How many networks a case about broken ones goes through. */
  readonly networks?: number;
  /** Told how far a case has come that takes long. */
  readonly onProgress?: (id: string, done: number) => void;
  /** Told of every result as it comes. */
  readonly onResult?: (result: Result) => void;
}

/** What came of a column. */
export interface ColumnReport {
  readonly key: string;
  readonly name: string;
  readonly runtime: string;
  /** Who it was, once it has said so. */
  readonly hello?: Hello;
  /** Why it was not run at all. */
  readonly missing?: string;
  /** What is wrong with the run as such, beside the cases. */
  readonly problems: readonly string[];
  /** By id. */
  readonly results: Readonly<Record<string, Result>>;
  readonly seconds: number;
}

/** Asks a runtime who it is, and what it will not run. */
export async function greet(column: Column): Promise<Hello> {
  let hello: Hello | undefined;
  const command = await column.command({ hello: true });
  const child = startChild(command, PREFIX, (line) => {
    const told = JSON.parse(line) as Line;
    if ("hello" in told) hello = told.hello;
  });
  child.expect(GRACE);
  const { how, noise } = await child.ended;
  if (hello === undefined) throw new Error(`${column.name} does not start: ${how}\n${noise}`);
  return hello;
}

/** Runs it. Never rejects; aborting `signal` ends it early. */
export async function runColumn(
  column: Column,
  asked: Asked,
  signal?: AbortSignal,
): Promise<ColumnReport> {
  const { key, name, runtime, missing } = column;
  const about = { key, name, runtime };
  if (missing !== undefined) return { ...about, missing, problems: [], results: {}, seconds: 0 };
  if (asked.cases.length === 0) return { ...about, problems: [], results: {}, seconds: 0 };
  const started = performance.now();
  const run = new ColumnRun(column, asked, signal);
  try {
    await run.all();
  } catch (error) {
    run.problems.push(String(error));
  }
  return {
    ...about,
    ...(run.hello === undefined ? {} : { hello: run.hello }),
    problems: run.problems,
    results: run.results,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

class ColumnRun {
  readonly problems: string[] = [];
  readonly results: Record<string, Result> = {};
  hello: Hello | undefined;

  readonly #column: Column;
  readonly #asked: Asked;
  readonly #signal: AbortSignal | undefined;
  #child: Child | undefined;
  #unknown = false;
  #again: Result | undefined;
  #current: string | undefined;
  #done = false;

  constructor(column: Column, asked: Asked, signal: AbortSignal | undefined) {
    this.#column = column;
    this.#asked = asked;
    this.#signal = signal;
  }

  async all(): Promise<void> {
    const witness = await startWitnessChild(this.#asked.paths);
    const onabort = () => this.#child?.kill(ABORTED);
    this.#signal?.addEventListener("abort", onabort);
    try {
      for (let starts = 0; !this.#done && starts <= RESTARTS; starts++) {
        if (this.#signal?.aborted || this.#left().length === 0) break;
        const ended = await this.#once(witness.control);
        if (this.#done) this.#checkEnd(ended);
        else if (!this.#blame(ended)) break;
      }
    } finally {
      this.#signal?.removeEventListener("abort", onabort);
      await witness.close();
    }
    this.#check();
  }

  #left(): string[] {
    return this.#asked.cases.map(({ id }) => id).filter((id) => !(id in this.results));
  }

  async #once(control: string): Promise<Ended> {
    const { seed, patience, networks } = this.#asked;
    const command = await this.#column.command({
      control,
      seed,
      patience,
      ids: this.#left(),
      ...(networks === undefined ? {} : { networks }),
    });
    this.#current = undefined;
    const child = startChild(
      command,
      PREFIX,
      (line) => this.#hear(child, JSON.parse(line) as Line),
    );
    this.#child = child;
    // It may have been aborted while the command was made.
    if (this.#signal?.aborted) child.kill(ABORTED);
    child.expect(GRACE);
    return child.ended;
  }

  #hear(child: Child, line: Line): void {
    child.expect(GRACE);
    if ("hello" in line) this.hello = line.hello;
    if ("start" in line) {
      this.#current = line.start;
      const theCase = this.#asked.cases.find(({ id }) => id === line.start);
      const budget = theCase === undefined ? 0 : budgetOf(theCase);
      child.expect(GRACE + MOST_BUDGETS * budget * this.#asked.patience);
    }
    if ("progress" in line) this.#asked.onProgress?.(line.progress.id, line.progress.done);
    if ("result" in line) this.#take(line.result);
    if ("done" in line) this.#done = true;
  }

  #take(result: Result): void {
    this.#current = undefined;
    const isAsked = this.#asked.cases.some(({ id }) => id === result.id);
    if (!isAsked && !result.again) {
      this.#unknown = result.verdict === "unknown";
      return;
    }
    if (result.again) {
      this.#again = result;
      return;
    }
    this.#keep(result);
  }

  #keep(result: Result): void {
    this.results[result.id] = result;
    this.#asked.onResult?.(result);
  }

  /** Finds out which case a process died of. Answers whether it makes sense to go on. */
  #blame({ how, noise }: Ended): boolean {
    if (this.#signal?.aborted) return false;
    const id = this.#current;
    const detail = `the process ended while this ran: ${how}${noise === "" ? "" : `\n${noise}`}`;
    if (id === undefined || !this.#asked.cases.some((each) => each.id === id)) {
      this.problems.push(`${this.#column.name} ended before it was done: ${how}\n${noise}`);
      return false;
    }
    this.#keep({ id, verdict: "fail", ms: 0, detail });
    return true;
  }

  #checkEnd({ how }: Ended): void {
    if (how !== "exit code 0") {
      this.problems.push(`it did not end in peace after its last case: ${how}`);
    }
  }

  #check(): void {
    if (this.#signal?.aborted) return;
    const left = this.#left();
    if (left.length > 0) {
      const some = left.slice(0, 5).join(", ") + (left.length > 5 ? ", …" : "");
      this.problems.push(`${left.length} cases were not run: ${some}`);
    }
    if (!this.#unknown) this.problems.push("it did not say that it does not know a random case");
    const again = this.#again;
    if (again === undefined) {
      this.problems.push("the first case was not run again at the end");
    } else if (!isGood(again) && isGood(this.results[again.id] ?? { verdict: "pass" })) {
      this.problems.push(`${again.id} fails when it is run again at the end: ${again.detail}`);
    }
  }
}
