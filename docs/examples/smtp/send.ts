/**
 * Sends a letter from standard input, the same source on every runtime:
 *
 * ```sh
 * node dist/docs/examples/smtp/send.js 2525 me@example.org you@example.org --ca ca.pem < letter.eml
 * ```
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { sayWhy } from "../say_why.ts";
import { Mailer } from "./client.ts";

const { positionals: [port = "2525", from = "", ...to], values } = parseArgs({
  allowPositionals: true,
  options: {
    ca: { type: "string" },
    hostname: { type: "string", default: "localhost" },
  },
});
const ca = values.ca === undefined ? undefined : await readFile(values.ca, "utf8").catch(sayWhy);

const pieces: Uint8Array[] = [];
for await (const piece of process.stdin) pieces.push(piece);

try {
  const mailer = await Mailer.connect({
    hostname: values.hostname,
    port: Number(port),
    tls: ca === undefined ? {} : { ca },
  });
  const { accepted, refused } = await mailer.send({ from, to, data: Buffer.concat(pieces) });
  await mailer.quit();
  console.log(`sent to ${accepted.join(", ")}`);
  for (const { recipient, reply } of refused) console.log(`not to ${recipient}: ${reply.code}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
