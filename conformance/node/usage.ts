// The options of the commands that a checkout has: each takes a value, and `--help` shows them all.
import process from "node:process";
import { parseArgs } from "node:util";

/** An option of a command. */
export interface Option {
  /** What stands for its value on the page of help, such as `NUMBER`. */
  readonly value: string;
  readonly about: string;
  /** Its value where none is given. */
  readonly preset?: string;
}

/** What was given, by name. */
export type Values<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly preset: string } ? string
    : string | undefined;
};

/** What a command was asked for. */
export interface Asked<Options> {
  readonly values: Values<Options>;
  /** Says what is wrong with a value and what the options are, and ends the process. */
  refuse(why: string): never;
}

/** Exit status for a command that was not understood. */
const MISUSED = 2;

/** Reads the options of `npm run COMMAND`; ends the process for `--help`, and for an unknown one. */
export function readOptions<const Options extends Readonly<Record<string, Option>>>(
  command: string,
  options: Options,
): Asked<Options> {
  const page = usageOf(command, options);
  const refuse = (why: string): never => {
    console.error(`${why}\n\n${page}`);
    process.exit(MISUSED);
  };
  const presets = Object.entries(options).map(([name, { preset }]) =>
    [name, { type: "string", ...(preset === undefined ? {} : { default: preset }) }] as const
  );
  try {
    const { values } = parseArgs({
      options: { ...Object.fromEntries(presets), help: { type: "boolean", short: "h" } },
    });
    if (!("help" in values)) return { values: values as Values<Options>, refuse };
  } catch (error) {
    return refuse((error as Error).message);
  }
  console.log(page);
  process.exit(0);
}

function usageOf(command: string, options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, { value, about, preset }]) => {
    const given = preset ? ` (${preset})` : "";
    return `  ${`--${name} ${value}`.padEnd(22)}${about}${given}`;
  });
  return [`usage: npm run ${command} -- [options]`, "", ...rows].join("\n");
}
