/**
 * Crawls a site, and says what it found:
 *
 * ```sh
 * node dist/docs/examples/crawler/main.js http://localhost:8080/
 * deno run --allow-net docs/examples/crawler/main.ts http://localhost:8080/
 * bun docs/examples/crawler/main.ts http://localhost:8080/ --per-host 8 --delay 100
 * ```
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { sayWhy } from "../say_why.ts";
import { crawl, DEFAULTS, type Visit } from "./crawler.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "per-host": { type: "string", default: String(DEFAULTS.perHost) },
    delay: { type: "string", default: String(DEFAULTS.delay) },
    depth: { type: "string", default: String(DEFAULTS.maxDepth) },
    pages: { type: "string", default: String(DEFAULTS.maxPages) },
    timeout: { type: "string", default: String(DEFAULTS.timeout) },
    ca: { type: "string" },
  },
});
if (positionals.length === 0) {
  console.error("say where to begin: main.js http://localhost:8080/");
  process.exit(2);
}

const stop = new AbortController();
const interrupt = () => stop.abort();
process.once("SIGINT", interrupt);
let visited = 0, bytes = 0;

/** One line, over and over, where there is somebody to see it. */
function progress(visit: Visit, left: number): void {
  visited++;
  bytes += visit.bytes;
  if (!process.stdout.isTTY) return;
  const line = `${visited} pages, ${left} to go, ${size(bytes)}  ${visit.url}`;
  process.stdout.write(`\r\x1b[K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}

function size(count: number): string {
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

const started = performance.now();
const { pages, statuses, broken, disallowed } = await crawl(positionals, {
  perHost: Number(values["per-host"]),
  delay: Number(values.delay),
  maxDepth: Number(values.depth),
  maxPages: Number(values.pages),
  timeout: Number(values.timeout),
  tls: values.ca === undefined ? true : { ca: await readFile(values.ca, "utf8").catch(sayWhy) },
  onvisit: progress,
  signal: stop.signal,
});
process.removeListener("SIGINT", interrupt);

if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
const seconds = (performance.now() - started) / 1000;
console.log(`${pages} pages, ${size(bytes)}, ${seconds.toFixed(1)} s`);
for (const [status, count] of [...statuses].sort()) console.log(`  ${status}: ${count}`);
console.log(`${disallowed} not visited, as robots.txt asks`);
console.log(`${broken.length} broken`);
for (const { url, from, problem } of broken) {
  console.log(`  ${url}: ${problem}${from === undefined ? "" : ` (on ${from})`}`);
}
