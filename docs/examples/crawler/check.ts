/**
 * The crawler on the runtime that runs this; `npm run crawler` runs it on every one: over our own
 * server with and without TLS, and over Python's.
 *
 * @module
 */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { capabilities } from "asynchat/adapters";
import type { TlsOptions } from "asynchat";
import { makeCertificates } from "../../../conformance/node/witness/certificates.ts";
import { findPeer, noPeer } from "../checks/peers.ts";
import { commandOf, freePort, Program } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";
import { serveHttp } from "../web/server.ts";
import { crawl, type CrawlOptions } from "./crawler.ts";
import { makeSite } from "./site.ts";

const { deno, bun } = process.versions;
const RUNTIME = deno ? "Deno" : bun ? "Bun" : "Node";
const PAGES = 300;
/** Nothing but the page that drips takes so long. */
const TIMEOUT = 10_000;

const tally = new Tally();
const sorted = (paths: Iterable<string>) => [...paths].sort();

async function found(origin: string, options: CrawlOptions = {}) {
  const seen: string[] = [];
  const { broken } = await crawl([`${origin}/`], {
    timeout: TIMEOUT,
    maxBody: 100_000,
    onvisit: ({ url }) => void seen.push(url.slice(origin.length)),
    ...options,
  });
  return { seen: sorted(seen), broken: sorted(broken.map(({ url }) => url.slice(origin.length))) };
}

async function overOurs(tls?: TlsOptions, trust?: TlsOptions): Promise<void> {
  const { handler, paths, broken } = makeSite(PAGES);
  const address = { hostname: "127.0.0.1", port: 0, onerror: () => {} };
  const listener = await serveHttp(handler, tls === undefined ? address : { ...address, tls });
  await using _ = listener;
  const scheme = tls === undefined ? "http" : "https";
  const expected = { seen: sorted(paths), broken: sorted(broken) };
  const observed = await found(`${scheme}://127.0.0.1:${listener.port}`, trust && { tls: trust });
  tally.same(
    `${scheme}: ${paths.size} pages, each once, and what is broken is known`,
    observed,
    expected,
  );
}

async function overTls(): Promise<void> {
  if (!capabilities.serverTls || !capabilities.customCa) {
    return tally.notRun("https", "this runtime's capabilities say no");
  }
  const { ca, good } = await makeCertificates();
  await overOurs(good, { ca });
}

/** One that shares nothing with us, and speaks HTTP/1.0. */
async function overPythons(): Promise<void> {
  const python = findPeer("python3");
  if (python === undefined) {
    return tally.notRun("over Python's http.server", noPeer("python3"));
  }
  const folder = mkdtempSync(join(tmpdir(), "asynchat-"));
  const names = Array.from({ length: 50 }, (_, i) => `page ${i}.html`);
  for (const [i, name] of names.entries()) {
    writeFileSync(
      join(folder, name),
      `<a href="page%20${i + 1}.html">next</a> <a href="./">all</a>`,
    );
  }
  const port = await freePort();
  await using server = new Program(
    "Python's server",
    [python, "-u", "-m", "http.server"]
      .concat(["--bind", "127.0.0.1", "--directory", folder, `${port}`]),
  );
  await server.shows("Serving HTTP");
  tally.same(
    "Python's http.server: each file, and the one that is missing",
    await found(`http://127.0.0.1:${port}`),
    {
      seen: sorted(["/", ...names.map((name) => `/${encodeURI(name)}`), "/page%2050.html"]),
      broken: ["/page%2050.html"],
    },
  );
}

async function asProgram(): Promise<void> {
  await using site = new Program("the site", commandOf(RUNTIME, "crawler/serve_site", "0", "20"));
  const [url] = await site.shows(/http:\S+/);
  const main = new Program(
    "the crawler",
    commandOf(RUNTIME, "crawler/main", url, "--timeout", `${TIMEOUT}`),
  );
  await using _ = main;
  tally.same("main.ts ends by itself, with nothing left open", await main.ended, 0);
  tally.check("main.ts sums up", /^31 pages[^]*^8 broken\n/m.test(main.output), main.output);
  const how = await site.kill("SIGTERM");
  // Deno tells its parents that the signal ended it, whatever it made of that.
  if (RUNTIME !== "Deno") tally.same("serve_site.ts goes down when told to", how, 0);
}

await tally.run("http", () => overOurs());
await tally.run("https", overTls);
await tally.run("Python's http.server", overPythons);
await tally.run("main.ts", asProgram);
tally.end();
