/**
 * Workers on Node, Deno and Bun share the jobs of a real nats-server's queue; then one of them is
 * told to leave, and the broker is killed and started again, while there is work.
 *
 * @module
 */

import { commandOf, Program, RUNTIMES } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";
import { NO_NATS, startNats } from "./real_server.ts";

const JOBS = 1000;

const jobsOf = (workers: readonly Program[], prefix: string) =>
  workers.flatMap(({ lines }) => lines)
    .filter((line) => line.startsWith(`did ${prefix}`)).map((line) => line.slice("did ".length));

const all = (prefix: string) => Array.from({ length: JOBS }, (_, i) => `${prefix}${i}`);
const sorted = (ids: readonly string[]) => [...ids].sort().join();

/** Whether the boss has had an answer to every job; how often it asked again. */
async function finish(boss: Program): Promise<string> {
  await boss.shows(/^\d+ jobs done: .*$/m);
  await boss.ended;
  return boss.lines.at(-1)!;
}

async function run(tally: Tally, broker: { server: Program; port: number }): Promise<void> {
  const port = `${broker.port}`;
  const workers = RUNTIMES.map((runtime) =>
    new Program(`a worker on ${runtime}`, commandOf(runtime, "nats/worker", port, runtime))
  );
  await using _ = {
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker.kill("SIGKILL");
    },
  };
  const start = (prefix: string) =>
    new Program("the boss", commandOf("Node", "nats/boss", port, `${JOBS}`, prefix));
  for (const worker of workers) await worker.shows("ready");

  {
    await using boss = start("plain");
    const sum = await finish(boss);
    tally.check(
      `${JOBS} jobs for workers on Node, Deno and Bun: each is done, none twice`,
      sorted(jobsOf(workers, "plain")) === sorted(all("plain")),
      sum,
    );
    tally.check(
      `and all three have work (${sum})`,
      workers.every((worker) => jobsOf([worker], "plain").length > 0),
      sum,
    );
  }
  {
    await using boss = start("leave");
    const [, , bun] = workers;
    await bun!.shows("did leave");
    tally.same("a worker that is told to go leaves in good order", await bun!.kill("SIGTERM"), 0);
    const sum = await finish(boss);
    tally.check(
      "what it had taken it has done: still each once, and none asked for again",
      sorted(jobsOf(workers, "leave")) === sorted(all("leave")) &&
        sum.endsWith("asked for again: 0"),
      sum,
    );
  }
  {
    await using boss = start("crash");
    await workers[0]!.shows("did crash1");
    await broker.server.kill("SIGKILL");
    await using again = (await startNats({ port: broker.port }))!.server;
    const sum = await finish(boss);
    const did = jobsOf(workers, "crash");
    const twice = did.filter((id, i) => did.indexOf(id) !== i);
    const asked = new Set(boss.lines.map((line) => /^again (\w+)/.exec(line)?.[1]));
    tally.check(
      `the broker is killed and started again: all is done in the end (${sum})`,
      sorted([...new Set(did)]) === sorted(all("crash")),
      sum,
    );
    tally.check(
      "and done twice only what had to be asked for again",
      twice.every((id) => asked.has(id)),
      twice.filter((id) => !asked.has(id)),
    );
    for (const worker of workers.slice(0, 2)) {
      tally.same(`then ${worker.name} leaves in good order`, await worker.kill("SIGTERM"), 0);
    }
    await again.kill();
  }
}

const tally = new Tally();
const broker = await startNats();
if (broker === undefined) tally.notRun("workers on several runtimes", NO_NATS);
else {
  await using _ = broker.server;
  await tally.run("workers on several runtimes", () => run(tally, broker));
}
tally.end();
