/**
 * Runs a code block that is a server, and does not end by itself.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";

/**
 * Whether a server says where it listens, and lets somebody in; on a free port, as others may run.
 * And what it complained of.
 */
export async function runServer(
  [program = "", ...args]: readonly string[],
  file: string,
): Promise<{ readonly connected: boolean; readonly complaints: string }> {
  writeFileSync(file, readFileSync(file, "utf8").replace(/\bport: \d+/, "port: 0"));
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const gone = once(server, "exit");
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
  const port = Number(/localhost[ :](\d+)/.exec(said)?.[1]);
  if (Number.isNaN(port)) return { connected: false, complaints };
  const client = createConnection({ host: "localhost", port });
  const connected = await once(client, "connect").then(() => true, () => false);
  client.destroy();
  server.kill("SIGKILL");
  await gone;
  return { connected, complaints };
}
