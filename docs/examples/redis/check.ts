/**
 * The client against a real redis-server, on the runtime that runs this; `npm run redis` runs it on
 * every one.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ChatError } from "asynchat";
import { Tally } from "../checks/tally.ts";
import { environmentOf, findPeer, noPeer } from "../checks/peers.ts";
import { freePort, until } from "../checks/programs.ts";
import { Redis, RedisError, type Value } from "./client.ts";
import { NO_REDIS, startRedis } from "./real_server.ts";

const PASSWORD = "correct horse";
const MIB = 1024 * 1024;

/** Bytes of every value, in no order that would repeat soon. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

function equal(one: unknown, other: Uint8Array): boolean {
  return one instanceof Uint8Array && one.length === other.length &&
    one.every((byte, at) => byte === other[at]);
}

const kindOf = (error: unknown) => error instanceof ChatError ? error.kind : String(error);
const reasonOf = (promise: Promise<unknown>) => promise.then(() => undefined, (error) => error);

async function checkAuth(tally: Tally, port: number): Promise<void> {
  const wrong = await reasonOf(Redis.connect({ port, password: "battery staple" }));
  tally.check(
    "a wrong password is refused in the server's own words",
    wrong instanceof RedisError && wrong.message.startsWith("WRONGPASS"),
    String(wrong),
  );
  const none = await reasonOf(Redis.connect({ port }));
  tally.check("so is none", none instanceof RedisError && /NOAUTH/.test(none.message), none);
  await using redis = await Redis.connect({ port, password: PASSWORD });
  tally.same("the right one is let in", await redis.command("PING"), "PONG");
}

async function checkPipeline(tally: Tally, redis: Redis): Promise<void> {
  const commands = Array.from(
    { length: 10_000 },
    (_, i) => i % 10 === 9 ? redis.command("LPUSH", "n", i) : redis.command("INCR", "n"),
  );
  const answers = await Promise.allSettled(commands);
  let counter = 0;
  const inOrder = answers.every((answer, i) =>
    i % 10 === 9
      ? answer.status === "rejected" && answer.reason instanceof RedisError
      : answer.status === "fulfilled" && answer.value === ++counter
  );
  tally.check("10,000 commands in a pipeline: each has its answer, each tenth its error", inOrder);
}

async function checkValues(tally: Tally, redis: Redis): Promise<void> {
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  await redis.command("SET", every, every);
  const [back, text] = [redis.commandBytes("GET", every), redis.command("GET", "none")];
  tally.check(
    "a value of every byte comes back, under a key of every byte",
    equal(await back, every),
  );
  tally.same("what is not there is null", await text, null);

  const big = noise(16 * MIB);
  await redis.command("SET", "big", big);
  const [one, two] = await Promise.all(["big", "big"].map((key) => redis.commandBytes("GET", key)));
  tally.check("16 MiB go and come back, twice in a pipeline", equal(one, big) && equal(two, big));
  tally.same("and are 16 MiB there", await redis.command("STRLEN", "big"), big.length);
  const tooLong = await reasonOf(redis.command("SET", "huge", new Uint8Array(65 * MIB)));
  tally.same("what is longer than the queue may be is refused, and harms nobody", [
    kindOf(tooLong),
    await redis.command("EXISTS", "huge"),
  ], ["limit", 0]);
}

/** The server is stopped, so that it reads nothing, and goes on. */
async function checkBackpressure(tally: Tally, redis: Redis, pid: number): Promise<void> {
  const value = noise(MIB);
  const answers: Promise<Value>[] = [];
  let most = 0;
  process.kill(pid, "SIGSTOP");
  const sending = (async () => {
    for (let i = 0; i < 64; i++) {
      answers.push(redis.command("SET", `value ${i}`, value));
      most = Math.max(most, redis.bytesQueued);
      await redis.drained();
    }
  })();
  // It cannot have sent all after any time: the system's buffers do not hold as much.
  await sleep(300);
  const early = answers.length;
  process.kill(pid, "SIGCONT");
  await sending;
  tally.check("a server that does not read holds the writer back", early < 64, early);
  tally.check("so that little more than one value is queued", most < MIB + 70_000, most);
  tally.check(
    "and when it reads again all 64 MiB arrive",
    (await Promise.all(answers)).every((answer) => answer === "OK"),
  );
}

async function checkChannels(tally: Tally, redis: Redis, port: number): Promise<void> {
  await using listener = await Redis.connect({ port, password: PASSWORD });
  const heard: string[] = [];
  listener.onmessage = (channel, message) => void heard.push(`${channel} ${message}`);
  await listener.subscribe("one", "two");
  const said = Array.from({ length: 1000 }, (_, i) => `${i % 2 ? "one" : "two"} ✓${i}\r\n`);
  for (const line of said) void redis.command("PUBLISH", line.slice(0, 3), line.slice(4));
  tally.same("a listener may give commands", await listener.command("ECHO", "me too"), "me too");
  await until("all is heard", () => heard.length >= said.length);
  tally.same("1,000 messages of two channels, in their order", heard, said);
}

async function checkEnd(tally: Tally, redis: Redis, pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const waiting = Array.from({ length: 1000 }, () => reasonOf(redis.command("INCR", "n")));
  await sleep(50);
  process.kill(pid, "SIGKILL");
  const errors = await Promise.all(waiting);
  tally.check(
    "the server is killed: each of 1,000 commands that wait is told so",
    errors.every((error) => kindOf(error) === "closed"),
    errors.map(kindOf).find((kind) => kind !== "closed"),
  );
  const late = await reasonOf(redis.command("PING"));
  tally.check("so is one that comes later", kindOf(late) === "closed", kindOf(late));
}

/** Over TLS, with a certificate that is made now and trusted by nobody else. */
async function checkTls(tally: Tally): Promise<void> {
  const what = "the Redis client over TLS";
  const openssl = findPeer("openssl");
  if (openssl === undefined) return tally.notRun(what, noPeer("openssl"));
  const folder = mkdtempSync(join(tmpdir(), "asynchat-redis-"));
  try {
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 " +
      "-subj /CN=localhost -addext subjectAltName=DNS:localhost " +
      "-addext basicConstraints=critical,CA:FALSE";
    const names = ["-keyout", key, "-out", cert];
    const { status } = spawnSync(openssl, [...request.split(" "), ...names], {
      stdio: "ignore",
      env: environmentOf(openssl),
    });
    if (status !== 0) throw new Error(`openssl ended with ${status}`);
    const port = await freePort();
    const args = ["--tls-port", `${port}`, "--tls-auth-clients", "no"].concat(
      ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert],
    );
    const real = await startRedis({ args }).catch((error) => String(error));
    if (typeof real === "string" && /directive|without TLS/i.test(real)) {
      return tally.notRun(what, "this redis-server was built without TLS");
    }
    if (real === undefined || typeof real === "string") throw new Error(real);
    await using _ = real.server;
    const address = { hostname: "localhost", port };
    const stranger = await reasonOf(Redis.connect({ ...address, tls: true }));
    tally.same("over TLS a server that nobody vouches for is refused", kindOf(stranger), "tls");
    const tls = { ca: readFileSync(cert, "utf8") };
    await using redis = await Redis.connect({ ...address, tls });
    const value = noise(MIB);
    await redis.command("SET", "value", value);
    tally.check(
      "one that is known is trusted, and 1 MiB goes and comes back",
      redis.tls !== undefined && equal(await redis.commandBytes("GET", "value"), value),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tally = new Tally();
const real = await startRedis({ args: ["--requirepass", PASSWORD] });
if (real === undefined) {
  tally.notRun("the Redis client against a real server", NO_REDIS);
} else {
  await using server = real.server;
  const { port } = real;
  await tally.run("the Redis client", async () => {
    await checkAuth(tally, port);
    await using redis = await Redis.connect({ port, password: PASSWORD });
    await checkPipeline(tally, redis);
    await checkValues(tally, redis);
    await checkBackpressure(tally, redis, server.pid);
    await checkChannels(tally, redis, port);
    await checkEnd(tally, redis, server.pid);
    await checkTls(tally);
  });
}
tally.end();
