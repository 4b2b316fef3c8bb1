/**
 * Serves the plain handler, or the guestbook.
 *
 * ```sh
 * node dist/docs/examples/web/main.js 8080                      # or, for the guestbook,
 * node dist/docs/examples/web/main.js 8080 guestbook
 * deno run --allow-net docs/examples/web/main.ts 8080
 * bun docs/examples/web/main.ts 8080
 * ```
 *
 * @module
 */

import process from "node:process";
import { sayWhy } from "../say_why.ts";
import { guestbook } from "./guestbook.tsx";
import { serveHttp } from "./server.ts";
import { site } from "./site.ts";

/** How long answers under way may take when the server goes down, in milliseconds. */
const GRACE = 10_000;

const [port = "8080", what] = process.argv.slice(2);
const stop = new AbortController();
const handler = what === "guestbook" ? guestbook.fetch : site;
const listener = await serveHttp(handler, { port: Number(port), signal: stop.signal })
  .catch(sayWhy);
console.log(`http://localhost:${listener.port}/`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    stop.abort();
    setTimeout(() => void listener.close({ force: true }), GRACE);
    await listener.closed;
    process.exit(0);
  });
}
