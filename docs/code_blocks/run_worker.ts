/**
 * Runs a code block that is a Worker, on workerd: it is asked for a page, or spoken to over TCP.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { connect } from "asynchat/adapters/node";

/** Stands for the servers that Workers on the pages ask: a Redis, and a memcached. */
async function serveWhatTheyAsk(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const isPing = chunk.toString().startsWith("PING");
      socket.write(isPing ? "+PONG\r\n" : "VALUE greeting 0 5\r\nhello\r\nEND\r\n");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function configOf(name: string, port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .w),
    (name = "servers", external = (address = "127.0.0.1:${port}", tcp = ())),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "tcp", address = "127.0.0.1:0", tcp = (), service = "main"),
  ],
);
const w :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "${name}.mjs")],
  bindings = [(name = "greeting", text = "hello")],
  globalOutbound = "servers",
  compatibilityDate = "2026-10-01",
);`;
}

async function answerOf(script: string, ports: Readonly<Record<string, number>>): Promise<string> {
  if (script.includes("fetch(")) {
    const response = await fetch(`http://127.0.0.1:${ports["http"]}/`);
    return `${response.status} ${await response.text()}`;
  }
  await using chat = await connect({ hostname: "127.0.0.1", port: ports["tcp"]! });
  await chat.write("hello\n");
  return await chat.readLine() ?? "nothing";
}

/** What a Worker answers, and what it complained of. */
export async function runWorker(
  script: string,
  folder: string,
  name: string,
): Promise<{ readonly answer: string; readonly complaints: string }> {
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
  const server = await serveWhatTheyAsk();
  const config = join(folder, `${name}.capnp`);
  writeFileSync(config, configOf(name, (server.address() as AddressInfo).port));
  const worker = spawn(
    "node_modules/.bin/workerd",
    ["serve", config, "--control-fd=3"],
    { stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  const gone = once(worker, "exit");
  let complaints = "";
  worker.stderr!.on("data", (chunk) => complaints += chunk);
  const ports: Record<string, number> = {};
  try {
    await new Promise<void>((resolve) => {
      let told = "";
      worker.once("exit", () => resolve());
      worker.stdio[3]!.on("data", (chunk) => {
        told += chunk;
        for (const line of told.split("\n").filter((line) => line.endsWith("}"))) {
          const { event, socket, port } = JSON.parse(line);
          if (event === "listen") ports[socket] = port;
        }
        if (Object.keys(ports).length === 2) resolve();
      });
    });
    if (worker.exitCode !== null) return { answer: "it has ended", complaints };
    return { answer: await answerOf(script, ports), complaints };
  } finally {
    worker.kill("SIGKILL");
    await gone;
    server.close();
  }
}
