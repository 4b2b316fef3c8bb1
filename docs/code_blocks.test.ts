/** Checks and runs every `@example` of the public API, and every code block of the pages. */

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { expect, test } from "vitest";
import { type Block, blocks, fences, pages } from "./code_blocks/find_blocks.ts";
import { runServer } from "./code_blocks/run_server.ts";
import { runWorker } from "./code_blocks/run_worker.ts";

const run = promisify(execFile);
// Inside the package, so that its own name resolves as it does for those who install it.
const folder = "dist/.code_blocks";
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** What is not run here, and where it is seen to. */
const OTHERS: Readonly<Record<string, RegExp>> = {
  // Held to the servers of the suite, to the letter: three_ways.test.ts.
  typescript: /^docs[/\\]guide[/\\]three_ways\.md/,
  // asynchat's side of a port, which CPython has not had since 3.12.
  python: /^docs[/\\]guide[/\\]migrating\.md/,
  // Commands: the last test below. What programs print, and pictures.
  sh: /./,
  console: /./,
  text: /./,
};

test("no code block is left out without a word", () => {
  const known = fences.filter(({ language }) => /^ts( server)?$/.test(language));
  expect(known.length).toBeGreaterThan(100);
  expect(blocks.length).toBe(known.length);
  const left = fences.filter((fence) => !known.includes(fence));
  expect(left.filter(({ language, title }) => !OTHERS[language]?.test(title))).toEqual([]);
});

const RUNTIMES = {
  node: [process.execPath],
  deno: ["node_modules/.bin/deno", "run", "-A"],
  bun: ["node_modules/.bin/bun"],
};

/** What an example's neighbours are called from where the block is run, and checked. */
function codeIn(place: string, { code, folder }: Block, ending: string): string {
  const built = relative(place, join("dist", folder));
  return code.replaceAll(/from "\.\/(\w+)\.ts"/g, `from "${built}/$1${ending}"`);
}

/**
 * The runtimes that a block names by the adapter it imports. What the pages say about the adapter of
 * whatever runtime this is must be so on each; Node will do for the rest.
 */
function runtimesOf({ title, code }: Block): (keyof typeof RUNTIMES)[] {
  if (code.includes("asynchat/adapters/deno")) return ["deno"];
  if (code.includes("asynchat/adapters/bun")) return ["bun"];
  if (title.includes(".md:") && code.includes('"asynchat/adapters"')) {
    return ["node", "deno", "bun"];
  }
  return ["node"];
}

for (const block of blocks) {
  const { title, name, code, isServer } = block;
  const script = async () =>
    (await transform(codeIn(folder, block, ".js"), {
      loader: "ts",
      format: "esm",
      target: "node20",
    })).code;

  if (code.includes("asynchat/adapters/cloudflare")) {
    test(`the code at ${title} answers on workerd`, async () => {
      const { answer, complaints } = await runWorker(await script(), folder, name);
      expect(complaints).toBe("");
      expect(answer).toMatch(/hello|PONG/);
    });
    continue;
  }
  for (const runtime of runtimesOf(block)) {
    test(`the code at ${title} runs on ${runtime}`, async () => {
      const file = join(folder, `${name}.${runtime}.mjs`);
      writeFileSync(file, await script());
      const [command = "", ...args] = [...RUNTIMES[runtime], file];
      if (isServer) {
        expect(await runServer([command, ...args], file)).toEqual({
          connected: true,
          complaints: "",
        });
        return;
      }
      const { stdout, stderr } = await run(command, args, { timeout: 120_000 });
      expect(stderr.trim()).toBe("");
      const shown = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)]
        .map(([, text]) => text);
      if (shown.length > 0) expect(stdout.trimEnd().split("\n")).toEqual(shown);
    });
  }
}

/** Whether a block shows what one runtime alone has. */
function isBound(code: string): boolean {
  return /"node:|\bDeno\.|\bBun\.|from "\.\//.test(code);
}

const audiences = [
  { who: "any runtime", has: [], shown: blocks.filter(({ code }) => !isBound(code)) },
  { who: "one", has: ["node", "deno", "bun"], shown: blocks.filter(({ code }) => isBound(code)) },
];

for (const { who, has, shown } of audiences) {
  test(`the code for ${who} type-checks against the published declarations`, async () => {
    const types = join(folder, `types_${who.replace(" ", "_")}`);
    mkdirSync(types, { recursive: true });
    for (const block of shown) {
      writeFileSync(join(types, `${block.name}.ts`), codeIn(types, block, ".js"));
    }
    const compilerOptions = {
      target: "ES2023",
      lib: ["ESNext", "DOM"],
      types: has,
      module: "NodeNext",
      moduleDetection: "force",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    };
    writeFileSync(join(types, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const result = await run(process.execPath, [
      "node_modules/typescript7/bin/tsc",
      "-p",
      types,
    ]).catch((error: { stdout: string }) => error);
    expect(result.stdout).toBe("");
  });
}

test("every command and file that a page names is there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const there = new Set(pages);
  const missing = pages.filter((path) => path.endsWith(".md")).flatMap((path) => {
    const text = readFileSync(path, "utf8");
    const commands = [...text.matchAll(/npm run ([\w:-]+)/g)]
      .filter(({ 1: script = "" }) => !(script in scripts));
    const sources = [...text.matchAll(/(?:dist\/)?(docs\/examples\/[\w/]+)\.(?:js|tsx?)\b/g)]
      .filter(({ 1: file }) => !there.has(`${file}.ts`) && !there.has(`${file}.tsx`));
    return [...commands, ...sources].map(([named]) => `${path}: ${named}`);
  });
  expect(missing).toEqual([]);
});
