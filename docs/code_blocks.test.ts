/** Runs every `@example` of the public API, and every code block of the pages, as it is printed. */

import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { expect, test } from "vitest";

const run = promisify(execFile);
// Inside the package, so that its own name resolves as it does for those who install it.
const folder = "dist/.code_blocks";
mkdirSync(folder, { recursive: true });

interface Block {
  readonly title: string;
  readonly name: string;
  readonly code: string;
}

function blocksOf(path: string): Block[] {
  const text = path.endsWith(".md")
    ? readFileSync(path, "utf8")
    : readFileSync(path, "utf8").replace(/^[ \t]*\* ?/gm, "");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: code = "", index }) => {
    const line = text.slice(0, index).split("\n").length + 1;
    return { title: `${path}:${line}`, name: `${path.replaceAll(/\W/g, "_")}_${line}`, code };
  });
}

/** The runtime that a block names by the adapter it imports; any will do for the others. */
function commandOf(code: string, file: string): [string, ...string[]] {
  if (code.includes("asynchat/adapters/deno")) return ["node_modules/.bin/deno", "run", "-A", file];
  if (code.includes("asynchat/adapters/bun")) return ["node_modules/.bin/bun", file];
  return [process.execPath, file];
}

const paths = ["core", "adapters", "conformance", "docs"]
  .flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: "utf8" }).map((path) => join(top, path))
  )
  .filter((path) => /\.(ts|md)$/.test(path) && !/node_modules|\.test\.ts$|[/\\]site[/\\]/.test(path))
  .concat("README.md");

for (const { title, name, code } of paths.flatMap(blocksOf)) {
  test(`the code at ${title} runs`, async () => {
    // What serves on workerd is run by the conformance suite's launcher; here it has to compile.
    const { code: script } = await transform(code, { loader: "ts", format: "esm" });
    if (code.includes("asynchat/adapters/cloudflare")) return;
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, script);
    const [command, ...args] = commandOf(code, file);
    const { stderr } = await run(command, args, { timeout: 20_000 });
    expect(stderr.replaceAll(/^.*(ExperimentalWarning|trace-warnings).*$/gm, "").trim()).toBe("");
  }, 30_000);
}
