/** Checks and runs every `@example` of the public API, and every code block of the pages. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import { expect, test } from "vitest";

const run = promisify(execFile);
// Inside the package, so that its own name resolves as it does for those who install it.
const folder = "dist/.code_blocks";
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

interface Block {
  readonly title: string;
  readonly name: string;
  readonly code: string;
  /** Marked as `ts server`: it does not end by itself. */
  readonly isServer: boolean;
}

function blocksOf(path: string): Block[] {
  const text = path.endsWith(".md")
    ? readFileSync(path, "utf8")
    : readFileSync(path, "utf8").replace(/^[ \t]*\* ?/gm, "");
  return [...text.matchAll(/^```ts( server)?\n([\s\S]*?)^```$/gm)].map(
    ({ 1: server, 2: code = "", index }) => {
      const line = text.slice(0, index).split("\n").length + 1;
      const name = `${path.replaceAll(/\W/g, "_")}_${line}`;
      return { title: `${path}:${line}`, name, code, isServer: server !== undefined };
    },
  );
}

const paths = ["core", "adapters", "conformance", "docs"]
  .flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: "utf8" }).map((path) => join(top, path))
  )
  .filter((path) =>
    /\.(ts|md)$/.test(path) && !/node_modules|\.test\.ts$|[/\\]site[/\\]/.test(path)
  )
  .concat("README.md");
const blocks = paths.flatMap(blocksOf);

/** The runtime that a block names by the adapter it imports; this one will do for the others. */
function commandOf(code: string, file: string): [string, ...string[]] {
  if (code.includes("asynchat/adapters/deno")) return ["node_modules/.bin/deno", "run", "-A", file];
  if (code.includes("asynchat/adapters/bun")) return ["node_modules/.bin/bun", file];
  return [process.execPath, file];
}

/** A Worker is started, and has to listen: its module has been run then. */
async function runWorker(script: string, name: string): Promise<void> {
  const entry = join(folder, `${name}.entry.mjs`);
  writeFileSync(entry, script);
  await build({
    entryPoints: [entry],
    outfile: join(folder, `${name}.mjs`),
    bundle: true,
    logLevel: "silent",
    format: "esm",
    external: ["cloudflare:sockets"],
  });
  const config = join(folder, `${name}.capnp`);
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .w)],
  sockets = [(name = "tcp", address = "127.0.0.1:0", tcp = (), service = "main")],
);
const w :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "${name}.mjs")],
  compatibilityDate = "2026-10-01",
);`,
  );
  const worker = spawn("node_modules/.bin/workerd", ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let told = "", complaints = "";
  worker.stderr!.on("data", (chunk) => complaints += chunk);
  await new Promise<void>((resolve) => {
    worker.once("exit", () => resolve());
    worker.stdio[3]!.on("data", (chunk) => {
      told += chunk;
      if (told.includes("listen")) resolve();
    });
  });
  worker.kill("SIGKILL");
  expect(complaints).toBe("");
  expect(told).toContain('"event":"listen"');
}

/** A server says where it listens, and lets somebody in; on a free port, as others may run. */
async function runServer(command: readonly string[], file: string): Promise<void> {
  writeFileSync(file, readFileSync(file, "utf8").replace(/\bport: \d+/, "port: 0"));
  const [program = "", ...args] = command;
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  server.stderr.on("data", (chunk) => complaints += chunk);
  const said = await new Promise<string>((resolve) => {
    let told = "";
    server.once("exit", () => resolve(told));
    server.stdout.on("data", (chunk) => {
      told += chunk;
      if (told.includes("\n")) resolve(told);
    });
  });
  const port = Number(/localhost (\d+)/.exec(said)?.[1]);
  const client = createConnection({ host: "localhost", port });
  const connected = await once(client, "connect").then(() => true, String);
  client.destroy();
  server.kill("SIGKILL");
  expect(connected).toBe(true);
  expect(complaints).toBe("");
}

for (const { title, name, code, isServer } of blocks) {
  test(`the code at ${title} runs`, async () => {
    const { code: script } = await transform(code, {
      loader: "ts",
      format: "esm",
      target: "node20",
    });
    if (code.includes("asynchat/adapters/cloudflare")) return runWorker(script, name);
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, script);
    if (isServer) return runServer(commandOf(code, file), file);
    const [command, ...args] = commandOf(code, file);
    const { stdout, stderr } = await run(command, args, { timeout: 120_000 });
    expect(stderr.trim()).toBe("");
    const shown = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    if (shown.length > 0) expect(stdout.trimEnd().split("\n")).toEqual(shown);
  });
}

/** Whether a block shows what one runtime alone has. */
function isBound(code: string): boolean {
  return /"node:|\bDeno\.|\bBun\./.test(code);
}

const audiences = [
  { who: "any runtime", has: [], shown: blocks.filter(({ code }) => !isBound(code)) },
  { who: "one", has: ["node", "deno", "bun"], shown: blocks.filter(({ code }) => isBound(code)) },
];

for (const { who, has, shown } of audiences) {
  test(`the code for ${who} type-checks against the published declarations`, async () => {
    const types = join(folder, `types_${who.replace(" ", "_")}`);
    mkdirSync(types, { recursive: true });
    for (const { name, code } of shown) writeFileSync(join(types, `${name}.ts`), code);
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
