// What an import costs who bundles it, minified and gzipped, held to `budget.json`:
//   npm run size                 fails when something is above its budget
//   npm run size -- --write      makes today's sizes and 5 % the budget
// Deno runs this file as it is, after a build.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUDGET = "conformance/node/packing/budget.json";
const SLACK = 1.05;

const FROM_CORE = ["AsyncChat", "Chat", "Session", "ProtocolChat", "parse", "lines", "decimal"];
const ADAPTERS = ["node", "deno", "bun", "cloudflare", "web", "websocket", "memory", "kit"]
  .map((name) => `asynchat/adapters/${name}`);
const ALL_OF_CORE = 'export * from "asynchat";';

/** Code, and what it costs. */
async function sizeOf(code: string): Promise<{ readonly minified: number; readonly gzip: number }> {
  const { outputFiles: [file] } = await build({
    stdin: { contents: code, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["node:*", "cloudflare:*"],
    logLevel: "error",
  });
  const { contents } = file!;
  return { minified: contents.length, gzip: gzipSync(contents, { level: 9 }).length };
}

const { gzip: core } = await sizeOf(ALL_OF_CORE);

/** Each row: what is imported, what that costs, and what it costs who has all of the core already. */
const rows: [what: string, minified: number, gzip: number, own: number | undefined][] = [];
for (const entry of ["asynchat", ...ADAPTERS, "asynchat/streams", "asynchat/testing"]) {
  const { minified, gzip } = await sizeOf(`export * from "${entry}";`);
  const both = await sizeOf(`${ALL_OF_CORE} export * as other from "${entry}";`);
  rows.push([entry, minified, gzip, entry === "asynchat" ? undefined : both.gzip - core]);
}
for (const name of FROM_CORE) {
  const { minified, gzip } = await sizeOf(`export { ${name} } from "asynchat";`);
  rows.push([`{ ${name} } from asynchat`, minified, gzip, undefined]);
}

if (process.argv.includes("--write")) {
  const budget = rows.map(([what, _, gzip, own = gzip]) => [what, Math.ceil(own * SLACK)]);
  writeFileSync(BUDGET, `${JSON.stringify(Object.fromEntries(budget), null, 2)}\n`);
}
const budget: Readonly<Record<string, number>> = JSON.parse(readFileSync(BUDGET, "utf8"));

const tooMuch: string[] = [];
const line = (cells: readonly (string | number)[]) =>
  console.log(
    cells.map((cell, i) => i === 0 ? `${cell}`.padEnd(32) : `${cell}`.padStart(17)).join(""),
  );
line(["bytes", "minified", "gzipped", "beside the core", "budget"]);
for (const [what, minified, gzip, own] of rows) {
  const most = budget[what] ?? 0;
  const isAbove = (own ?? gzip) > most;
  line([what, minified, gzip, own ?? "", isAbove ? `${most} EXCEEDED` : most]);
  if (isAbove) tooMuch.push(`${what} costs ${own ?? gzip} bytes, its budget is ${most}`);
}
if (tooMuch.length > 0) {
  console.log(`error: ${tooMuch.join("; ")}: make it smaller, or npm run size -- --write`);
  process.exitCode = 1;
}
