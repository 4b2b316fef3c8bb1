/**
 * Takes letters, and puts each into a folder, the same source on every runtime:
 *
 * ```sh
 * node dist/docs/examples/smtp/serve.js 2525 --cert cert.pem --key key.pem --folder mail
 * ```
 *
 * @module
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import * as native from "asynchat/adapters";
import { sayWhy } from "../say_why.ts";
import { mailServer } from "./server.ts";

const { positionals: [port = "2525"], values } = parseArgs({
  allowPositionals: true,
  options: {
    cert: { type: "string" },
    key: { type: "string" },
    folder: { type: "string", default: "." },
    "require-tls": { type: "boolean", default: false },
  },
});
const { cert, key, folder } = values;
const credentials = cert && key
  ? {
    cert: await readFile(cert, "utf8").catch(sayWhy),
    key: await readFile(key, "utf8").catch(sayWhy),
  }
  : undefined;

// Deno's own sockets cannot start TLS as a server; those it has for Node's programs can.
const { serve } = native.capabilities.serverStartTls
  ? native
  : await import("asynchat/adapters/node");

let letters = 0;
const server = mailServer({
  ...(credentials === undefined ? {} : { credentials }),
  requireTls: values["require-tls"],
  async deliver({ data, ...envelope }, { peer, tls }) {
    // A server that is started again puts its letters beside those of the one before.
    const file = join(folder, `${Date.now()}.${++letters}.eml`);
    await writeFile(file, data);
    console.log(JSON.stringify({ file, ...envelope, peer, tls: tls?.version ?? null }));
  },
});
const listener = await serve({
  port: Number(port),
  hostname: "127.0.0.1",
  startTls: true,
  idleTimeout: 300_000,
  onerror: (error, peer) => console.error(`${peer}: ${error}`),
}, server).catch(sayWhy);
console.log(`listening on ${listener.address} port ${listener.port}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await listener.close({ force: true });
    process.exit(0);
  });
}
