/**
 * Looks at the built documentation as a reader does: no dead link, every page within two clicks of
 * the first, a search that finds, no error in the console, nothing wider than the window.
 *
 * ```sh
 * npm run docs:check                            # needs Chromium: CHROMIUM, or in PATH
 * npm run docs:check -- --screenshots FOLDER    # of every page: wide and narrow, light and dark
 * ```
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Chromium, findChromium, type Page } from "../examples/browser/chromium.ts";
import { serveHttp } from "../examples/web/server.ts";
import { faultOf, type Link, readSite, resolve } from "./links.ts";

const FOLDER = "docs/site";
/** A screen's, and a phone's. */
const WIDTHS = [1280, 390];
/** Longest wait for a page, in milliseconds; nothing is timed. */
const PATIENCE = 30_000;
/** What a reader types, and part of the name of the page that is meant. */
const SEARCHES: Readonly<Record<string, string>> = {
  setTerminator: "asynchat.AsyncChat",
  backpressure: "Producers_and_backpressure",
  asyncore: "Moving_from_Python",
  STARTTLS: "TLS_and_STARTTLS",
};
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

const { values: { screenshots } } = parseArgs({
  options: { screenshots: { type: "string" } },
});

let passed = 0, failed = 0;

/** One thing that is to hold, and what is against it. */
function check(what: string, faults: readonly string[]): void {
  if (faults.length === 0) passed++;
  else failed++;
  console.log(`${faults.length === 0 ? "ok    " : "FAILED"} ${what}`);
  for (const fault of faults.slice(0, 20)) console.log(`         ${fault}`);
  if (faults.length > 20) console.log(`         and ${faults.length - 20} more`);
}

async function file(request: Request): Promise<Response> {
  const path = decodeURIComponent(new URL(request.url).pathname).replace(/\/$/, "/index.html");
  if (path.includes("..")) return new Response("no", { status: 400 });
  try {
    const body = await readFile(join(FOLDER, path));
    return new Response(body, {
      headers: { "content-type": TYPES[extname(path)] ?? "application/octet-stream" },
    });
  } catch {
    return new Response("not here", { status: 404 });
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await holds());) {
    if (Date.now() > end) throw new Error(`waited for ever until ${what}`);
    await sleep(20);
  }
}

async function go(page: Page, url: string): Promise<void> {
  await page.send("Page.navigate", { url });
  await until(`${url} is there`, () =>
    page.evaluate<boolean>(
      `location.href === ${JSON.stringify(url)} && document.readyState === "complete" &&
         document.querySelectorAll("#tsd-nav-container a").length > 0`,
    ).catch(() => false));
}

const site = readSite(FOLDER);
const all = [...site.pages.keys()];
const shown = all.filter((path) => /^(index|modules)\.html$|^(documents|modules)\//.test(path));

const links = [...site.pages.values()].flatMap(({ path, links }) =>
  links.map((link) => ({ from: path, link }))
);
check(
  `${links.length} links of ${all.length} pages lead somewhere`,
  links.flatMap(({ from, link }) => {
    const fault = faultOf(site, link);
    return fault === undefined ? [] : [`${from} → ${link.path}#${link.anchor}: ${fault}`];
  }),
);

const path = findChromium();
if (path === undefined) {
  console.log("there is no Chromium here: put it in PATH, or say CHROMIUM=/path/to/chromium");
  process.exit(1);
}
const server = await serveHttp(file, { hostname: "127.0.0.1", port: 0 });
const base = `http://127.0.0.1:${server.port}/`;
const urlOf = (path: string) => base + path.split("/").map(encodeURIComponent).join("/");
{
  await using browser = new Chromium(path);
  const complaints: string[] = [];
  let at = "";
  browser.onevent = (method, params) => {
    const isError = method === "Runtime.exceptionThrown" || params["type"] === "error" ||
      (params["entry"] as { level?: string } | undefined)?.level === "error";
    if (isError) complaints.push(`${at}: ${JSON.stringify(params).slice(0, 300)}`);
  };
  const page = await browser.open("about:blank");

  // The sidebar is the same everywhere, and made by a script.
  await go(page, `${base}index.html`);
  const hrefs = await page.evaluate<string[]>(
    `[...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"))`,
  );
  const clicked = hrefs.flatMap((href) => resolve("index.html", href.replace(base, "")));
  check(
    `${clicked.length} links of the first page, as a browser has it, lead somewhere`,
    clicked.flatMap((link: Link) => {
      const fault = faultOf(site, link);
      return fault === undefined ? [] : [`${link.path}#${link.anchor}: ${fault}`];
    }),
  );
  const near = new Set(["index.html", ...clicked.map(({ path }) => path)]);
  for (const path of [...near]) {
    for (const { path: further } of site.pages.get(path)?.links ?? []) near.add(further);
  }
  check("every page is within two clicks of the first", all.filter((path) => !near.has(path)));

  for (const width of WIDTHS) {
    const wide: string[] = [], empty: string[] = [];
    await page.send("Emulation.setDeviceMetricsOverride", {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: width < 500,
    });
    for (const path of shown) {
      at = path;
      await go(page, urlOf(path));
      const [needed, images] = await page.evaluate<[number, number]>(
        `[document.documentElement.scrollWidth,
          [...document.images].filter((image) => image.complete && image.naturalWidth === 0).length]`,
      );
      if (needed > width) wide.push(`${path}: ${needed} in ${width}`);
      if (images > 0) empty.push(`${path}: ${images}`);
    }
    check(`no page of ${shown.length} is wider than a window of ${width} pixels`, wide);
    check(`no image is missing there`, empty);
  }

  for (const [words, first] of Object.entries(SEARCHES)) {
    at = `search for ${words}`;
    await go(page, `${base}index.html`);
    await page.evaluate(`document.querySelector("#tsd-search-trigger").click()`);
    await page.evaluate(`document.querySelector("#tsd-search-input").focus()`);
    await page.send("Input.insertText", { text: words });
    const results = `[...document.querySelectorAll("#tsd-search-results a")].map((a) => a.href)`;
    await until(
      `${at} answers`,
      async () => (await page.evaluate<string[]>(results)).length > 0,
    ).catch(() => {});
    const found = (await page.evaluate<string[]>(results))
      .flatMap((href) => resolve("index.html", href.replace(base, "")));
    check(
      `the search for ${words} finds ${found.length}, first ${first}`,
      found[0] === undefined || !found[0].path.includes(first)
        ? [`it finds ${found[0]?.path ?? "nothing"}`]
        : found.flatMap((link) => faultOf(site, link) === undefined ? [] : [link.path]),
    );
  }
  check("the console has no error", complaints);

  if (screenshots !== undefined) {
    mkdirSync(screenshots, { recursive: true });
    for (const theme of ["light", "dark"]) {
      await page.evaluate(`localStorage.setItem("tsd-theme", ${JSON.stringify(theme)})`);
      for (const width of WIDTHS) {
        for (const path of shown) {
          const size = (height: number) =>
            page.send("Emulation.setDeviceMetricsOverride", {
              width,
              height,
              deviceScaleFactor: 1,
              mobile: width < 500,
            });
          await size(900);
          await go(page, urlOf(path));
          const name = path.replace(/^.*\/|\.html$/g, "").replaceAll(/\W+/g, "_");
          const height = await page.evaluate<number>("document.documentElement.scrollHeight");
          await size(Math.min(height, 6_000));
          writeFileSync(
            join(screenshots, `${name}.${width}.${theme}.png`),
            await page.screenshot(),
          );
        }
      }
    }
    console.log(`screenshots are in ${screenshots}`);
  }
}
await server.close({ force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
