/**
 * The client against a real nats-server, on the runtime that runs this; `npm run nats` runs it on
 * every one.
 *
 * @module
 */

import process from "node:process";
import { ChatError, LimitError } from "asynchat";
import { until } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";
import { Nats, NatsError } from "./client.ts";
import { NO_NATS, startNats } from "./real_server.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const reasonOf = (promise: Promise<unknown>) => promise.then(() => undefined, (error) => error);
const SECRET = { user: "me", pass: "correct horse" };

async function checkAuth(tally: Tally, port: number): Promise<void> {
  const wrong = await reasonOf(Nats.connect({ port, ...SECRET, pass: "battery staple" }));
  tally.check(
    "a wrong password is refused in the broker's own words",
    wrong instanceof NatsError && wrong.message === "Authorization Violation",
    String(wrong),
  );
}

async function checkOrder(tally: Tally, nats: Nats, other: Nats): Promise<void> {
  const heard: string[] = [];
  nats.subscribe(
    "news.*",
    ({ subject, payload }) => void heard.push(`${subject} ${decode(payload)}`),
  );
  await nats.flush();
  const said = Array.from({ length: 10_000 }, (_, i) => `news.${i % 3} ${i}\r\nMSG news.0 1 0\r\n`);
  for (const line of said) {
    other.publish(line.slice(0, 6), line.slice(7));
    await other.drained();
  }
  await until("all is heard", () => heard.length >= said.length);
  tally.check(
    "10,000 messages arrive in their order, whatever looks like the protocol in them",
    heard.every((line, i) => line === said[i]) && heard.length === said.length,
    heard.find((line, i) => line !== said[i]),
  );
}

async function checkPayload(tally: Tally, nats: Nats, other: Nats): Promise<void> {
  const max = other.info!.max_payload;
  const longest = Uint8Array.from({ length: max }, (_, i) => i ^ (i >> 8));
  let heard: Uint8Array | undefined;
  nats.subscribe("long", ({ payload }) => void (heard = payload));
  await nats.flush();
  const tooLong = await reasonOf(
    Promise.resolve().then(() => other.publish("long", new Uint8Array(max + 1))),
  );
  tally.check("a byte more than max_payload is refused by us", tooLong instanceof LimitError);
  other.publish("long", longest);
  await until("it is heard", () => heard !== undefined);
  tally.check(
    `and max_payload arrives: ${max} bytes of all values`,
    heard!.length === max && heard!.every((byte, i) => byte === longest[i]),
  );
}

async function checkGroup(tally: Tally, nats: Nats, other: Nats): Promise<void> {
  const did: string[] = [];
  for (const [name, connection] of [["one", nats], ["two", other]] as const) {
    connection.subscribe("jobs", ({ payload, reply }) => {
      did.push(decode(payload));
      connection.publish(reply!, `${name} did ${decode(payload)}`);
    }, "workers");
    await connection.flush();
  }
  const jobs = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const answers = await Promise.all(jobs.map((job) => nats.request("jobs", job)));
  const by = answers.map(({ payload }) => decode(payload));
  tally.check(
    "1,000 requests to a queue group of two: each is done once, each has its own answer",
    did.sort((a, b) => Number(a) - Number(b)).join() === jobs.join() &&
      by.every((answer, i) => answer.endsWith(` did ${i}`)),
  );
  tally.check(
    "and both have work",
    ["one", "two"].every((name) => by.some((answer) => answer.startsWith(name))),
  );
  const nobody = await reasonOf(nats.request("nobody"));
  tally.check(
    "a request that nobody listens to is told so at once",
    nobody instanceof NatsError && /nobody listens/.test(nobody.message),
    String(nobody),
  );
}

async function checkEnd(tally: Tally, nats: Nats, pid: number): Promise<void> {
  nats.subscribe("silence", () => {});
  const waiting = Array.from({ length: 100 }, () => reasonOf(nats.request("silence")));
  await nats.flush();
  process.kill(pid, "SIGKILL");
  const errors = await Promise.all(waiting);
  tally.check(
    "the broker is killed: each of 100 requests is told so",
    errors.every((error) => error instanceof ChatError && error.kind === "closed"),
    String(errors[0]),
  );
}

const tally = new Tally();
const real = await startNats({ args: ["--user", SECRET.user, "--pass", SECRET.pass] });
if (real === undefined) tally.notRun("the NATS client against a real broker", NO_NATS);
else {
  await using server = real.server;
  const { port } = real;
  await tally.run("the NATS client", async () => {
    await checkAuth(tally, port);
    await using nats = await Nats.connect({ port, ...SECRET });
    await using other = await Nats.connect({ port, ...SECRET });
    tally.check("the right one is let in", nats.info !== undefined);
    await checkOrder(tally, nats, other);
    await checkPayload(tally, nats, other);
    await checkGroup(tally, nats, other);
    await checkEnd(tally, nats, server.pid);
  });
}
tally.end();
