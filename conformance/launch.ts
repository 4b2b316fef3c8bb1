/**
 * What every launcher does: runs the suite in its own runtime, and tells in lines of JSON.
 *
 * @module
 */

import type { Case, Subject } from "./case.ts";
import { cases as allCases } from "./cases/index.ts";
import type { Result } from "./result.ts";
import { type RunOptions, runSuite } from "./run.ts";
import { exclusion, inWords } from "./select.ts";

/** What every line begins with, so that other output cannot be taken for one. */
export const PREFIX = "@@";

/** What a launcher is told, as JSON. */
export interface LaunchOptions
  extends Pick<RunOptions, "control" | "seed" | "ids" | "patience" | "networks"> {
  /** The column's name in the table: `"Node 20"`. */
  readonly name?: string;
  /** Only say who it is. */
  readonly hello?: boolean;
}

/** Who runs, told first. */
export interface Hello {
  readonly name: string;
  readonly runtime: string;
  readonly version: string;
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** Cases that will not be run, each with the reason. */
  readonly excluded: Readonly<Record<string, string>>;
}

/** One line of a launcher's. */
export type Line =
  | { readonly hello: Hello }
  | { readonly start: string }
  | { readonly progress: { readonly id: string; readonly done: number } }
  | { readonly result: Result }
  | { readonly done: number };

/** What a runtime gives its launcher. */
export interface Launching {
  /** {@linkcode LaunchOptions}, as JSON. */
  readonly options: string;
  /** Writes one line; `console.log`. */
  readonly print?: (line: string) => void;
  /** Reports what reaches the process; see {@linkcode RunOptions.uncaught}. */
  readonly uncaught: (report: (error: unknown) => void) => void;
}

/** Runs the suite on `subject`, and prints a line for everything that happens. */
export async function launch(
  subject: Subject,
  { options: json, print = (line) => console.log(line), uncaught }: Launching,
): Promise<void> {
  const tell = (line: Line) => print(PREFIX + JSON.stringify(line));
  const { hello, name = subject.name, ...options } = JSON.parse(json) as LaunchOptions;
  const named: Subject = { ...subject, name };
  tell({ hello: helloOf(named, allCases) });
  if (hello) return;
  const results = await runSuite(named, {
    ...options,
    uncaught,
    onProgress: (id, done) => tell({ progress: { id, done } }),
    onStart: (id) => tell({ start: id }),
    onResult: (result) => tell({ result }),
  });
  tell({ done: results.length });
}

function helloOf(subject: Subject, cases: readonly Case[]): Hello {
  const { name, runtime, version, adapter } = subject;
  const excluded: Record<string, string> = {};
  for (const each of cases) {
    const why = exclusion(each, subject);
    if (why !== undefined) excluded[each.id] = inWords(why);
  }
  return { name, runtime, version, capabilities: { ...adapter.capabilities }, excluded };
}
