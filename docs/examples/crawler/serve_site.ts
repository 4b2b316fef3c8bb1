/**
 * Serves a made-up site of some hundred pages, to crawl:
 *
 * ```sh
 * node dist/docs/examples/crawler/serve_site.js 8080 300
 * ```
 *
 * @module
 */

import process from "node:process";
import { sayWhy } from "../say_why.ts";
import { serveHttp } from "../web/server.ts";
import { makeSite } from "./site.ts";

const [port = "8080", pages = "300"] = process.argv.slice(2);
const { handler } = makeSite(Number(pages));
// What is broken on purpose is no news.
const listener = await serveHttp(handler, { port: Number(port), onerror: () => {} })
  .catch(sayWhy);
console.log(`http://localhost:${listener.port}/`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void listener.close({ force: true }));
}
