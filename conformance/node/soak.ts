// `npm run soak`: holds thousands of connections to a server on each runtime, most of them idle;
// drives some, resets some, lets some vanish; and says what each costs beside the runtime's own
// sockets. Options: --connections N (10,000), --runtime LIST. The last line counts the checks.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { chooseColumns, type Column, columnsOf } from "./matrix/columns.ts";
import { pathsOfCheckout } from "./matrix/paths.ts";
import { echoServer } from "./soak/echo_server.ts";
import { type Compared, type Figures, writeSoak } from "./soak/report.ts";
import { Talker } from "./soak/talker.ts";
import { readOptions } from "./usage.ts";

const { values: { connections, runtime }, refuse } = readOptions("soak", {
  connections: { value: "NUMBER", about: "at once, to each server", preset: "10000" },
  runtime: { value: "NAMES", about: "node, node20, node24, deno, bun, workerd; all of them" },
});

/** Lines that each driven connection sends. */
const LINES = 20;
/** File descriptors that a process needs beside its connections. */
const SPARE = 100;

const paths = pathsOfCheckout(process.cwd());
const wanted = Number(connections);
if (!(wanted >= 1)) refuse(`--connections must be a number above 0; got ${connections}`);
const limit = descriptorLimit();

/** How many connections a server can hold: as many as are wanted, and the system allows. */
function sizeFor({ runtime }: Column): number {
  // workerd takes two file descriptors for each.
  const each = runtime === "workerd" ? 2 : 1;
  return Math.min(wanted, Math.floor((limit - SPARE) / each));
}

interface Memory {
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  readonly connections: number;
  readonly ends: Readonly<Record<string, number>>;
}

let passed = 0, failed = 0;
function check(condition: boolean, what: string): void {
  if (condition) passed++;
  else {
    failed++;
    console.log(`  FAILED: ${what}`);
  }
}

async function hold(column: Column, kind: "ours" | "raw", size: number): Promise<Figures> {
  const server = new Talker(echoServer(paths, column, kind));
  const crowd = new Talker({
    file: process.execPath,
    args: [paths.built("conformance/soak/crowd")],
  });
  try {
    const { port } = await server.next() as { port: number };
    const memory = () => server.ask("memory") as Promise<Memory>;
    const tell = async (order: object) =>
      (await crowd.ask(JSON.stringify(order)) as { counts: Record<string, number> }).counts;
    const errors: Record<string, number> = {};
    const add = (counts: Record<string, number>) => {
      for (const [what, times] of Object.entries(counts)) {
        errors[what] = (errors[what] ?? 0) + times;
      }
    };

    // Once, so that what a runtime sets up for its first connections is not counted.
    add(await tell({ do: "open", port, times: 200 }));
    add(await tell({ do: "talk", times: 200, lines: 2 }));
    add(await tell({ do: "end", times: 200 }));
    const before = await memory();
    add(await tell({ do: "open", port, times: size }));
    await settled(memory, size);
    const idle = await memory();
    add(await tell({ do: "talk", times: Math.ceil(size / 10), lines: LINES }));
    add(await tell({ do: "reset", times: Math.ceil(size / 10) }));
    add(await tell({ do: "vanish", times: Math.ceil(size / 10) }));
    add(await tell({ do: "end", times: size }));
    const after = await settled(memory, 0);
    server.send("stop");
    const exit = await server.ended(20_000);
    const { "right answer": rightAnswers = 0, ...wrong } = errors;
    return {
      held: idle.connections,
      bytesPerConnection: Math.round((idle.rss - before.rss) / size),
      heapPerConnection: Math.round(
        (idle.heap + idle.external - before.heap - before.external) / size,
      ),
      rightAnswers: rightAnswers - 400,
      errors: wrong,
      ends: after.ends,
      left: after.connections,
      exit,
    };
  } finally {
    server.kill();
    crowd.kill();
  }
}

/** The server may learn of the last ones a moment later. */
async function settled(memory: () => Promise<Memory>, connections: number): Promise<Memory> {
  let now = await memory();
  for (let i = 0; i < 50 && now.connections !== connections; i++) now = await memory();
  return now;
}

function judge(figures: Figures, kind: "ours" | "raw", size: number): void {
  check(figures.held === size, `${figures.held} of ${size} connections were held`);
  const driven = Math.ceil(size / 10) * LINES;
  check(figures.rightAnswers === driven, `${figures.rightAnswers} of ${driven} answers were right`);
  check(
    Object.keys(figures.errors).length === 0,
    `clients saw ${JSON.stringify(figures.errors)}`,
  );
  check(figures.left === 0, `${figures.left} connections are left`);
  check(figures.exit === "exit code 0", `the server did not end by itself: ${figures.exit}`);
  if (kind === "raw") return;
  const told = Object.values(figures.ends).reduce((sum, times) => sum + times, 0);
  check(told === size + 200, `${told} of ${size + 200} ends were told`);
  const odd = Object.keys(figures.ends).filter((end) => !["ended", "reset"].includes(end));
  check(odd.length === 0, `ends that nobody brought about: ${odd.join(", ")}`);
}

function descriptorLimit(): number {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" });
  const limit = Number(stdout);
  return Number.isFinite(limit) && limit > 0 ? limit : 1024;
}

const servers: Compared[] = [];
for (const column of chooseColumns(columnsOf(paths), runtime)) {
  if (column.missing !== undefined) {
    console.log(`${column.name}: not run: ${column.missing}`);
    continue;
  }
  const size = sizeFor(column);
  const allowed = size < wanted ? ` (of ${wanted}: ulimit -n, ${limit}, allows no more)` : "";
  console.log(`${column.name}: ${size} connections${allowed} …`);
  const raw = await hold(column, "raw", size);
  judge(raw, "raw", size);
  const ours = await hold(column, "ours", size);
  judge(ours, "ours", size);
  servers.push({ name: column.name, ours, raw });
  console.log(
    `  bytes per idle connection: ${ours.bytesPerConnection} resident, and ` +
      `${raw.bytesPerConnection} with the runtime's own socket\n  ends told: ${
        JSON.stringify(ours.ends)
      }`,
  );
}
const file = join(paths.root, "conformance/results/soak.json");
writeSoak(file, { date: new Date().toISOString(), wanted, limit, servers });
console.log(`${file}; the next run of the suite shows it on its page`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
