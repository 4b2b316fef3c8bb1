/**
 * Shows that it runs in a browser: a page and a plain TCP client in one chat room, on the server of
 * every runtime, then the suite's own cases in the page.
 *
 * ```sh
 * npm run browser                             # Chromium by CHROMIUM, in PATH, or fetched
 * npm run browser -- --screenshot page.png
 * ```
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Chat } from "asynchat";
import { connect } from "asynchat/adapters";
import { build } from "esbuild";
import { bundlePage, PAGE } from "../chat/bundle.ts";
import { Server } from "../chat/people.ts";
import { PATIENCE, type Runtime, RUNTIMES, until } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";
import { Chromium, findChromium, NO_CHROMIUM, type Page } from "./chromium.ts";

const tally = new Tally();

/** A script for a page, from one that imports the library by its name. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles: [script] } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    alias: { "asynchat/adapters/unsupported": "./dist/adapters/unsupported.js" },
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    logLevel: "error",
  });
  return script!.text;
}

/** What the page shows, line by line. */
function shown(page: Page): Promise<string[]> {
  return page.evaluate("[...document.querySelectorAll('#said li')].map((li) => li.textContent)");
}

async function seesOnPage(page: Page, line: string): Promise<void> {
  await until(`the page shows ${line}`, async () => (await shown(page)).includes(line));
}

async function hears(nc: Chat, line: string): Promise<void> {
  for (let heard: string | null = ""; heard !== line;) {
    heard = await nc.readLine({ timeout: PATIENCE });
    if (heard === null) throw new Error(`the end came instead of ${line}`);
  }
}

async function talk(name: Runtime, browser: Chromium, screenshot?: string): Promise<void> {
  await using server = new Server(name, "0", "0", "--rate", "Infinity");
  const port = await server.port();
  const webPort = Number(new URL(await server.url()).port);
  const problems: string[] = [];
  browser.onevent = (method, params) => {
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      problems.push(JSON.stringify(params));
    }
  };

  await using nc = await connect({ hostname: "localhost", port });
  await hears(nc, "* you are guest1 in hall, with nobody else");
  const page = await browser.open(`http://localhost:${webPort}/`);
  await hears(nc, "* guest2 is here");
  await seesOnPage(page, "* you are guest2 in hall, with guest1");

  await page.type("/nick page");
  await hears(nc, "* guest2 is now page");
  await nc.write("/nick ann\nhello from nc\n");
  await seesOnPage(page, "ann: hello from nc");
  await page.type("hello from the <b>page</b>, grüße ✓");
  await hears(nc, "page: hello from the <b>page</b>, grüße ✓");
  await nc.write("/msg page only you see this\n");
  await seesOnPage(page, "[ann to you] only you see this");
  await page.type("/who");
  await seesOnPage(page, "* with you: ann");

  tally.check(
    `${name}: what the page shows, to the letter`,
    ...same(await shown(page), [
      "* welcome; /help tells what you can do here",
      "* you are guest2 in hall, with guest1",
      "/nick page",
      "* you are now page",
      "* guest1 is now ann",
      "ann: hello from nc",
      "hello from the <b>page</b>, grüße ✓",
      "[ann to you] only you see this",
      "/who",
      "* with you: ann",
    ]),
  );
  if (screenshot !== undefined) {
    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 720,
      height: 420,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await writeFile(screenshot, await page.screenshot());
    console.log(`       ${screenshot}`);
  }

  const many = Array.from({ length: 500 }, (_, i) => `line ${i} 👋${"x".repeat(i)}`);
  for (const line of many) await nc.write(`${line}\n`);
  await seesOnPage(page, `ann: ${many.at(-1)}`);
  const got = (await shown(page)).slice(-many.length);
  tally.check(
    `${name}: 500 lines of all lengths reach the page, in order`,
    ...same(
      got,
      many.map((line) => `ann: ${line}`),
    ),
  );

  await strain(name, browser, [port, webPort]);

  const blank = await browser.open("about:blank");
  const foreign = await blank.evaluate(
    `new Promise((resolve) => {
      const socket = new WebSocket("ws://localhost:${webPort}/");
      socket.onopen = () => resolve("opened");
      socket.onclose = ({ code }) => resolve(code);
    })`,
  );
  tally.check(`${name}: a page of somebody else's is not let in`, ...same(foreign, 1006));
  // Chromium itself reports the refusal, and the page that is none.
  const reported = problems.splice(0)
    .filter((problem) => !/WebSocket connection|status of 404/.test(problem));

  const [heardByNc] = await Promise.all([restOf(nc), server.kill("SIGTERM")]);
  tally.check(
    `${name}: the nc user is told that the server goes down, then comes the end`,
    ...same(heardByNc.slice(-1), ["* the server is going down"]),
  );
  await seesOnPage(page, "* it is over");
  const state = await page.evaluate("document.querySelector('#state').textContent");
  tally.check(
    `${name}: so is the page, whose end is one in order`,
    ...same(
      [(await shown(page)).slice(-2), state],
      [["* the server is going down", "* it is over"], "not connected"],
    ),
  );
  tally.check(`${name}: nothing went wrong in the page`, ...same([...reported, ...problems], []));
}

async function restOf(chat: Chat): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await chat.readLine(); line !== null; line = await chat.readLine()) {
    lines.push(line);
  }
  return lines;
}

function same(observed: unknown, expected: unknown): [boolean, unknown] {
  return [JSON.stringify(observed) === JSON.stringify(expected), observed];
}

/**
 * What a WebSocket is known for: it has a buffer without a bound, and hears whether one listens or
 * not. Both on a page of the server's origin that has no script of its own.
 */
async function strain(
  name: string,
  browser: Chromium,
  [port, webPort]: readonly [number, number],
): Promise<void> {
  const page = await browser.open(`http://localhost:${webPort}/nothing`);
  await until("the page is there", () => page.evaluate("document.readyState === 'complete'"));
  await page.evaluate(
    await bundle(`
      import { converse } from "asynchat/adapters/websocket";
      globalThis.pour = async (url, lines) => {
        const socket = new WebSocket(url);
        const chat = await converse(socket);
        await chat.write("/join alone\\n");
        let most = 0;
        for (let i = 0; i < lines; i++) {
          await chat.write("x".repeat(900) + "\\n");
          most = Math.max(most, socket.bufferedAmount);
        }
        await chat.write("/msg nobody here\\n");
        for (let line = ""; line !== "* there is no nobody";) line = await chat.readLine();
        const { reason, bytesUnsent } = await chat.closeWhenDone();
        return { most, reason, bytesUnsent };
      };
      globalThis.ignore = async (url) => {
        const chat = await converse(new WebSocket(url), { maxReceived: 20_000 });
        await chat.write("/nick deaf\\n");
        const { reason, error } = await chat.closed;
        return { reason, limit: error.limit };
      };`),
  );
  const url = `ws://localhost:${webPort}/`;
  const poured = await page.evaluate<{ most: number }>(`pour("${url}", 20_000)`);
  const { most, ...ended } = poured;
  tally.check(
    `${name}: 18 MB are sent from a page, all of them`,
    ...same(ended, {
      reason: "closed",
      bytesUnsent: 0,
    }),
  );
  tally.check(`${name}: of which at most 400 KB are buffered at a time`, most < 400_000, most);

  await using nc = await connect({ hostname: "localhost", port });
  const ignoring = page.evaluate(`ignore("${url}")`);
  for (let heard: string | null = ""; !heard?.endsWith(" is now deaf");) {
    heard = await nc.readLine();
  }
  let reading = true;
  const flooding = (async () => {
    for (let i = 0; reading && i < 1_000; i++) await nc.write(`${"x".repeat(100)}\n`);
  })();
  tally.check(
    `${name}: a page that does not read is bounded by maxReceived`,
    ...same(await ignoring, {
      reason: "limit",
      limit: 20_000,
    }),
  );
  reading = false;
  await flooding;
  await hears(nc, "* deaf has left");
}

/** Runs every case that needs no socket in a page, as a launcher runs them on a runtime. */
async function runCases(browser: Chromium): Promise<void> {
  const script = await bundle(`
        import * as adapter from "asynchat/adapters/unsupported";
        import { cases, runSuite } from "asynchat/conformance";
        globalThis.runCases = async (version) => {
          const subject = { name: "Chromium", runtime: "browser", version, adapter };
          const ids = cases.filter(({ role }) => role === "core").map(({ id }) => id);
          const uncaught = (report) => {
            addEventListener("error", ({ error }) => report(error));
            addEventListener("unhandledrejection", ({ reason }) => report(reason));
          };
          return await runSuite(subject, { ids, uncaught });
        };`);
  const { product } = await browser.send("Browser.getVersion");
  const page = await browser.open("about:blank");
  await page.evaluate(script);
  const results = await page.evaluate<{ id: string; verdict: string; detail?: string }[]>(
    `runCases(${JSON.stringify(product)})`,
  );
  // The suite begins with a case that does not exist, to show that it would say so.
  const real = results.filter(({ verdict }) => verdict !== "unknown");
  const bad = real.filter(({ verdict }) => verdict !== "pass" && verdict !== "info");
  for (const { id, verdict, detail } of bad) {
    tally.check(`${id} in the page`, false, [verdict, detail]);
  }
  tally.passed += real.length - bad.length;
  console.log(
    `ok     ${real.length - bad.length} of ${real.length} cases of the suite, ${product}`,
  );
}

const { values: { screenshot } } = parseArgs({ options: { screenshot: { type: "string" } } });
const path = findChromium();
if (path === undefined) {
  tally.notRun("the library in a browser", NO_CHROMIUM);
} else {
  await writeFile(PAGE, await bundlePage());
  await tally.run("the library in a browser", async () => {
    await using browser = new Chromium(path);
    for (const name of RUNTIMES) {
      await talk(name, browser, name === "Node" ? screenshot : undefined);
    }
    await runCases(browser);
  });
}
tally.end();
