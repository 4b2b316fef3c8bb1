/**
 * Holds the server, on each runtime, to clients and to requests of others.
 *
 * ```sh
 * npm run web                                        # all that this machine has programs for
 * npm run web -- --corpus gunicorn/tests/requests    # a checkout of gunicorn
 * ```
 *
 * Nothing is installed or fetched: what is not there is said not to have been run.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { commandOf, Program, type Runtime, RUNTIMES } from "../../checks/programs.ts";
import { Tally } from "../../checks/tally.ts";
import { withCurl, withGuestbook, withPython } from "./clients.ts";
import { differenceOf, readCorpus, type Sample } from "./corpus.ts";
import { withLeavers } from "./leavers.ts";
import { withAb, withOurs, withWrk } from "./load.ts";
import { withShutdown } from "./shutdown.ts";

const CORPUS = "node_modules/.cache/asynchat/gunicorn/tests/requests";
const HOW = "git clone --depth 1 https://github.com/benoitc/gunicorn " +
  "node_modules/.cache/asynchat/gunicorn";

/** Sends it in segments, ends, and reads to the end. */
function exchange(port: number, input: Uint8Array, segment: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let output = "";
    socket.on("data", (chunk: Buffer) => output += chunk.toString("latin1"));
    socket.on("error", (error) => output += `<${error.message}>`);
    socket.on("close", () => resolve(output));
    socket.on("end", () => socket.end());
    socket.once("connect", async () => {
      for (let at = 0; at < input.length && socket.writable; at += segment) {
        socket.write(input.subarray(at, at + segment));
        await turn();
      }
      socket.end();
    });
  });
}

function isAsExpected({ isValid, methods }: Sample, output: string): boolean {
  const statuses = [...output.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  const seen = [...output.matchAll(/\[(.*)\]\n/g)].map(([, method]) => method);
  if (isValid) return seen.join() === methods.join() && statuses.every((status) => status === 200);
  // Refused once, and nothing answered behind that.
  const refused = statuses.filter((status) => status >= 400);
  return refused.length === 1 && statuses.at(-1)! >= 400 && /\nconnection: close\r\n/.test(output);
}

async function withCorpus(
  tally: Tally,
  runtime: string,
  samples: readonly Sample[],
  port: number,
): Promise<void> {
  for (const sample of samples) {
    const { name, input } = sample;
    const segments = input.length > 1000 ? [Infinity, 211] : [Infinity, 7, 1];
    const outputs = await Promise.all(segments.map((size) => exchange(port, input, size)));
    const [whole = ""] = outputs.map((output) => output.replaceAll(/\ndate: .*/g, ""));
    const isSame = outputs.every((output) => output.replaceAll(/\ndate: .*/g, "") === whole);
    tally.check(`${runtime}: ${name}: however it is cut`, isSame, outputs);
    const difference = differenceOf(sample, runtime), expected = isAsExpected(sample, whole);
    if (difference === undefined) tally.check(`${runtime}: ${name}`, expected, whole);
    else tally.check(`${runtime}: ${name}: otherwise, as ${difference}`, !expected, whole);
  }
}

function serverOf(runtime: Runtime, example: string, ...args: string[]): Program {
  return new Program(`${example} on ${runtime}`, commandOf(runtime, example, "0", ...args));
}

async function portOf(server: Program): Promise<number> {
  const [, port] = await server.shows(/http:\/\/localhost:(\d+)/);
  return Number(port);
}

const { values } = parseArgs({
  options: { corpus: { type: "string", default: CORPUS }, runtime: { type: "string" } },
});
const tally = new Tally();
const samples = existsSync(values.corpus) ? readCorpus(values.corpus) : undefined;
for (const runtime of RUNTIMES) {
  if (values.runtime !== undefined && values.runtime !== runtime.toLowerCase()) continue;
  {
    await using server = serverOf(runtime, "web/main");
    const port = await portOf(server);
    for (const check of [withCurl, withPython, withOurs, withWrk, withAb, withLeavers]) {
      await tally.run(`${runtime}: ${check.name}`, () => check(tally, runtime, port));
    }
    await tally.run(`${runtime}: end`, () => withShutdown(tally, runtime, server, port));
    const said = server.lines.filter((line) => !line.startsWith("http://"));
    tally.same(`${runtime}: had nothing to complain of`, said, []);
  }
  {
    await using guestbook = serverOf(runtime, "web/main", "guestbook");
    await withGuestbook(tally, runtime, await portOf(guestbook));
  }
  if (samples === undefined) {
    tally.notRun(`${runtime}: gunicorn's requests`, `there is no ${values.corpus}; ${HOW}`);
    continue;
  }
  await using mirror = serverOf(runtime, "web/check/mirror");
  await withCorpus(tally, runtime, samples, await portOf(mirror));
}
tally.end();
