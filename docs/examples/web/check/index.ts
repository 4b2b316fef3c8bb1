/**
 * Holds the server, on each runtime, to clients and to requests of others.
 *
 * ```sh
 * npm run web
 * npm run web -- --runtime deno
 * npm run web -- --corpus gunicorn/tests/requests    # of a newer gunicorn
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { CORPORA, findCorpus } from "../../checks/corpora.ts";
import { commandOf, Program, type Runtime, RUNTIMES } from "../../checks/programs.ts";
import { Tally } from "../../checks/tally.ts";
import { withCurl, withGuestbook, withPython } from "./clients.ts";
import { type CorpusChecks, withCorpus } from "./corpora.ts";
import * as gunicorn from "./gunicorn.ts";
import * as httpParser from "./http_parser.ts";
import { withLeavers } from "./leavers.ts";
import { withAb, withOurs, withWrk } from "./load.ts";
import { withShutdown } from "./shutdown.ts";

/** One of the requests is longer than is taken where nothing is said, and says so itself. */
const LONGEST_HEAD = 1024 * 1024;

function serverOf(runtime: Runtime, example: string, ...args: string[]): Program {
  return new Program(`${example} on ${runtime}`, commandOf(runtime, example, "0", ...args));
}

async function portOf(server: Program): Promise<number> {
  const [, port] = await server.shows(/http:\/\/localhost:(\d+)/);
  return Number(port);
}

const { values } = parseArgs({
  options: { corpus: { type: "string" }, runtime: { type: "string" } },
});
const tally = new Tally();

/** What there is of public corpora; what there is not is told. */
function corporaFor(runtime: Runtime): CorpusChecks[] {
  const noCorpus = (name: string) =>
    tally.notRun(
      `${runtime}: requests of others`,
      `there is no ${CORPORA[name]!.title}; it is fetched from where Debian's packages are`,
    );
  const checks: CorpusChecks[] = [];
  const fetched = findCorpus("gunicorn");
  const folder = values.corpus ?? (fetched && join(fetched, "tests/requests"));
  if (folder === undefined) noCorpus("gunicorn");
  else {
    const samples = gunicorn.readGunicorn(folder), differences = gunicorn.differencesOf(runtime);
    checks.push({ title: `${runtime}: gunicorn`, samples, differences });
  }
  const source = findCorpus("http-parser");
  if (source === undefined) noCorpus("http-parser");
  else {
    const samples = httpParser.readHttpParser(source), differences = httpParser.DIFFERENCES;
    checks.push({ title: `${runtime}: http-parser`, samples, differences });
  }
  return checks;
}

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
  await using mirror = serverOf(runtime, "web/check/mirror", `${LONGEST_HEAD}`);
  const port = await portOf(mirror);
  for (const checks of corporaFor(runtime)) await withCorpus(tally, checks, port);
}
tally.end();
