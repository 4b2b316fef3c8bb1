// Stands before a Worker, and is told what `server.ts` is told: a Worker has no input of its own,
// and cannot say how much memory its process has.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { build } from "esbuild";

const [binary = "", script = "", kind = "ours"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "asynchat-soak-"));
await build({
  entryPoints: [script],
  outfile: join(folder, "worker.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  external: ["cloudflare:*"],
  logLevel: "error",
});
writeFileSync(
  join(folder, "soak.capnp"),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [
    (name = "tcp", address = "127.0.0.1:0", tcp = (), service = "main"),
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
  ],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-01",
  bindings = [(name = "kind", text = "${kind}")],
);
`,
);
const child = spawn(binary, ["serve", join(folder, "soak.capnp"), "--control-fd=3"], {
  stdio: ["ignore", "ignore", "inherit", "pipe"],
});
child.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Where it listens, once it does on both. */
const ports = await new Promise<Map<string, number>>((resolve, reject) => {
  const known = new Map<string, number>();
  child.once("exit", (code) => reject(new Error(`workerd ended: exit code ${code}`)));
  createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
    const { socket, port } = JSON.parse(line) as { socket: string; port: number };
    if (known.set(socket, port).size === 2) resolve(known);
  });
});
const say = (what: object) => console.log(JSON.stringify(what));
const ask = async () =>
  await (await fetch(`http://127.0.0.1:${ports.get("http")}/`)).json() as object;

/** What the system has given the process, in bytes; 0 where it does not say. */
function residentOf(pid: number): number {
  try {
    const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ??
      [];
    return Number(kib) * 1024;
  } catch {
    return 0;
  }
}

say({ port: ports.get("tcp") });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "stop") break;
  say({ rss: residentOf(child.pid!), heap: 0, external: 0, ...await ask() });
}
child.kill("SIGTERM");
