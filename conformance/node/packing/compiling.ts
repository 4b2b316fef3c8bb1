/**
 * Compiles the programs as somebody does who has no types of any runtime.
 *
 * @module
 */

import { resolve } from "node:path";
import { ENTRIES, type Outcome } from "./entry.ts";
import type { Stranger } from "./stranger.ts";

/** The row of `require()` in TypeScript, of every entry. */
export const REQUIRED = "require(), typed";

/** Where the compiled programs are that are run. */
export const PROGRAMS = "./out/typescript.NodeNext";

/** Puts the programs there. */
export function copyPrograms(stranger: Stranger): void {
  stranger.copy("conformance/node/packing/consumers", "programs");
  const imports = ENTRIES.map(({ name }, i) => `import e${i} = require("${name}");\nvoid e${i};\n`);
  stranger.write("programs/required.cts", imports.join(""));
}

/** Compiles all of them, the declarations of the package included. */
export async function compile(
  stranger: Stranger,
  compiler: "typescript" | "typescript7",
  moduleResolution: "NodeNext" | "Bundler",
): Promise<Outcome> {
  const isNode = moduleResolution === "NodeNext";
  const name = `${compiler}.${moduleResolution}`;
  const config = {
    compilerOptions: {
      target: "ES2022",
      lib: ["ES2023"],
      types: [],
      module: isNode ? "NodeNext" : "ESNext",
      moduleResolution,
      rewriteRelativeImportExtensions: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      skipLibCheck: false,
      rootDir: "programs",
      outDir: `out/${name}`,
    },
    include: isNode ? ["programs/*.ts", "programs/*.cts"] : ["programs/*.ts"],
  };
  const file = stranger.write(`tsconfig.${name}.json`, JSON.stringify(config));
  const tsc = resolve("node_modules", compiler, "bin/tsc");
  const { status, output } = await stranger.run("node", [tsc, "-p", file, "--pretty", "false"]);
  return attribute(status === 0 ? "" : output || `exit status ${status}`, isNode);
}

/** Lets Deno check the types of all of them. */
export async function checkWithDeno(stranger: Stranger, deno: string): Promise<Outcome> {
  const files = ENTRIES.map(({ program }) => `programs/${program}.ts`);
  const { status, output } = await stranger.run(deno, ["check", ...files]);
  return attribute(status === 0 ? "" : output || `exit status ${status}`, false);
}

/** An error is that of the program in which it is; elsewhere it is an error of every entry. */
function attribute(errors: string, withRequired: boolean): Outcome {
  const rows = ENTRIES.map(({ name, program }) => [name, `programs/${program}.ts`]);
  if (withRequired) rows.push([REQUIRED, "programs/required.cts"]);
  const isElsewhere = !rows.some(([, file]) => errors.includes(file!));
  const errorsOf = (file: string) => isElsewhere || errors.includes(file) ? errors : "";
  return new Map(rows.map(([row, file]) => [row!, errorsOf(file!)]));
}
