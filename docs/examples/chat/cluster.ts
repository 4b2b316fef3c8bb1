/**
 * One chat room on three servers, on Node, Deno and Bun, that a real Redis joins: people with `nc`,
 * with our own client and with a browser; then a server is killed, and then the Redis.
 *
 * ```sh
 * npm run chat:cluster
 * npm run chat:cluster -- --screenshot cluster.png --transcript ann.txt
 * ```
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Chromium, findChromium, NO_CHROMIUM, type Page } from "../browser/chromium.ts";
import { type Program, type Runtime, RUNTIMES, until } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";
import { Redis } from "../redis/client.ts";
import { NO_REDIS, startRedis } from "../redis/real_server.ts";
import { bundlePage, PAGE } from "./bundle.ts";
import { NO_NC, Person, Server } from "./people.ts";

/** Lines that everybody says at the same time. */
const EACH = 200;

/** Somebody, with whatever. */
interface Member {
  readonly nick: string;
  /** With what. */
  readonly where: string;
  write(line: string): void;
  shows(pattern: RegExp | string, start?: number): Promise<unknown>;
  /** What the others said. */
  heard(): string[];
}

/** Somebody with a browser. */
class Guest implements Member {
  readonly nick: string;
  readonly where = "a browser";
  readonly page: Page;
  #lines: readonly string[] = [];
  #typing: Promise<unknown> = Promise.resolve();

  constructor(nick: string, page: Page) {
    this.nick = nick;
    this.page = page;
  }

  write(line: string): void {
    // What could not be typed is not heard by anybody, and that is found.
    this.#typing = this.#typing.then(() => this.page.type(line)).catch(() => {});
  }

  async shows(pattern: RegExp | string): Promise<void> {
    await until(`the page shows ${pattern}`, async () => {
      await this.look();
      return this.#lines.some((line) =>
        typeof pattern === "string" ? line.includes(pattern) : pattern.test(line)
      );
    });
  }

  async look(): Promise<void> {
    this.#lines = await this.page.evaluate(
      "[...document.querySelectorAll('#said li:not(.mine)')].map((li) => li.textContent)",
    );
  }

  heard(): string[] {
    return this.#lines.filter((line) => /^[\w-]+: /.test(line));
  }
}

/** What everybody is told who was there when it was said. */
class Room {
  readonly tally: Tally;
  members: Member[] = [];
  readonly #expected = new Map<Member, Map<string, string[]>>();

  constructor(tally: Tally) {
    this.tally = tally;
  }

  /** Somebody says something, and everybody who is within reach has to hear it. */
  say(speaker: Member, text: string, within = this.members): void {
    for (const member of within) {
      if (member === speaker) continue;
      const said = this.#expected.get(member) ?? new Map<string, string[]>();
      this.#expected.set(member, said);
      said.set(speaker.nick, [...said.get(speaker.nick) ?? [], `${speaker.nick}: ${text}`]);
    }
    speaker.write(text);
  }

  /** Everybody has heard every line once, and each speaker's in their order. */
  async agree(what: string): Promise<void> {
    const due = (member: Member) => [...this.#expected.get(member)?.values() ?? []].flat().length;
    await until("all is heard", async () => {
      for (const member of this.members) if (member instanceof Guest) await member.look();
      return this.members.every((member) => member.heard().length >= due(member));
    }).catch(() => {});
    for (const member of this.members) {
      const heard = member.heard();
      const wrong = [...this.#expected.get(member) ?? []].filter(([speaker, said]) =>
        heard.filter((line) => line.startsWith(`${speaker}: `)).join("\n") !== said.join("\n")
      ).map(([speaker]) => speaker);
      this.tally.check(
        `${what}: ${member.nick} has heard ${due(member)} lines, each once, in their order`,
        wrong.length === 0 && heard.length === due(member),
        { from: wrong, heard: heard.length, last: heard.slice(-3) },
      );
    }
  }
}

/** A server of the cluster, and the two people on it. */
interface Place {
  server: Server;
  port: number;
  people: Person[];
}

const NAMES: Readonly<Record<Runtime, readonly [nc: string, client: string]>> = {
  Node: ["ann", "bob"],
  Deno: ["cat", "dan"],
  Bun: ["eve", "fay"],
};

async function open(runtime: Runtime, redis: number, port = 0): Promise<Place> {
  const name = runtime.toLowerCase();
  const options = ["--redis", `${redis}`, "--name", name, "--rate", "Infinity"];
  const server = new Server(runtime, `${port}`, "0", ...options);
  return { server, port: await server.port(), people: [] };
}

async function fill(runtime: Runtime, place: Place): Promise<void> {
  const [nc, client] = NAMES[runtime];
  place.people = [
    await Person.come(nc, place.port),
    await Person.come(client, place.port, runtime),
  ];
}

/** All of them see each other, and talk one after the other: what one would do by hand. */
async function meet(room: Room, [ann, ...others]: readonly Member[]): Promise<void> {
  const placeOf = ({ nick }: Member) =>
    `, on ${RUNTIMES.find((runtime) => NAMES[runtime].includes(nick)) ?? "Node"}`;
  for (const other of others) {
    // Every second each server says who is there.
    await until(`ann sees ${other.nick}`, async () => {
      const before = (ann as Person).lines.length;
      ann!.write("/who");
      await ann!.shows(/with you/, (ann as Person).output.length);
      return (ann as Person).lines.slice(before).some((line) =>
        new RegExp(`with you: .*\\b${other.nick}\\b`).test(line)
      );
    });
  }
  const everybody = [ann!, ...others];
  for (const [i, speaker] of everybody.entries()) {
    const text = i === 0
      ? "hello everybody"
      : `hi ann, here is ${speaker.where}${placeOf(speaker)}`;
    room.say(speaker, text);
    for (const member of everybody) {
      if (member !== speaker) await member.shows(`${speaker.nick}: ${text}`);
    }
  }
}

async function run(tally: Tally, redis: { server: Program; port: number }): Promise<void> {
  const { values: { screenshot, transcript } } = parseArgs({
    options: { screenshot: { type: "string" }, transcript: { type: "string" } },
  });
  const places = new Map<Runtime, Place>();
  await using _ = {
    async [Symbol.asyncDispose]() {
      for (const { server, people } of places.values()) {
        for (const program of [server, ...people]) await program.kill("SIGKILL");
      }
    },
  };
  const room = new Room(tally);
  const at = (runtime: Runtime) => places.get(runtime)!;
  const gather = () => [...places.values()].flatMap(({ people }) => people);

  await writeFile(PAGE, await bundlePage());
  for (const runtime of RUNTIMES) places.set(runtime, await open(runtime, redis.port));
  for (const runtime of RUNTIMES) await fill(runtime, at(runtime));
  const guests: Guest[] = [];
  const chromium = findChromium();
  await using browser = chromium === undefined ? undefined : new Chromium(chromium);
  if (browser === undefined) tally.notRun("a browser in the cluster", NO_CHROMIUM);
  else {
    const guest = new Guest("pia", await browser.open(await at("Node").server.url()));
    await guest.shows(/^\* you are/);
    guest.write("/nick pia");
    await guest.shows("* you are now pia");
    guests.push(guest);
  }
  room.members = [...gather(), ...guests];

  await meet(room, room.members);
  await room.agree("one after the other");
  const [guest] = guests;
  if (screenshot !== undefined && guest !== undefined) await photograph(guest.page, screenshot);

  for (let line = 0; line < EACH; line++) {
    for (const person of gather()) room.say(person, `at once ${line}`);
    if (guest !== undefined && line % 20 === 0) room.say(guest, `at once ${line}`);
  }
  await room.agree("all at once");
  at("Bun").people[0]!.write("/msg dan only you");
  await at("Deno").people[1]!.shows("[eve to you] only you");
  tally.check("a private word goes to another server", true);

  // The servers' connections to Redis are cut while everybody talks.
  {
    await using operator = await Redis.connect({ port: redis.port });
    for (let line = 0; line < EACH / 2; line++) {
      for (const person of gather()) room.say(person, `in spite of all ${line}`);
      if (line % 20 !== 10) continue;
      await sleep(100);
      await operator.command("CLIENT", "KILL", "TYPE", "pubsub");
    }
  }
  await room.agree("while connections are cut");
  for (const member of room.members) await member.shows("* the other servers are within reach");

  // A server is killed, while those on the others talk.
  const { server, port, people } = at("Deno");
  const left = room.members.filter((member) => !people.includes(member as Person));
  for (let line = 0; line < EACH; line++) {
    if (line === EACH / 2) {
      room.members = left;
      await server.kill("SIGKILL");
      for (const person of people) await person.leave();
    }
    for (const speaker of left) {
      if (speaker instanceof Person) room.say(speaker, `on ${line}`, left);
    }
  }
  for (const member of left) {
    for (const nick of NAMES.Deno) await member.shows(`* ${nick} has left`);
  }
  await room.agree("while the server on Deno is killed with -9");
  places.set("Deno", await open("Deno", redis.port, port));
  await fill("Deno", at("Deno"));
  for (const person of at("Deno").people) {
    tally.check(
      `${person.nick}, who comes back to it, is told what was said`,
      person.heard().length === 10 && person.heard().every((line) => / on \d+$/.test(line)),
      person.heard(),
    );
    // From here on what is new counts.
    const known = person.heard().length;
    const heard = person.heard.bind(person);
    person.heard = () => heard().slice(known);
  }
  room.members = [...left, ...at("Deno").people];
  for (const speaker of room.members) room.say(speaker, "all here again");
  await room.agree("when it is back");

  // The Redis is killed: each server goes on alone, and says so.
  await redis.server.kill("SIGKILL");
  for (const member of room.members) await member.shows("* the other servers are out of reach");
  tally.check("when the Redis is killed everybody is told", true);
  const marks = new Map(room.members.map((member) => [member, member.heard().length]));
  for (const speaker of gather()) {
    for (let line = 0; line < 10; line++) room.say(speaker, `alone ${line}`);
  }
  for (const place of places.values()) {
    const [one, other] = place.people as [Person, Person];
    await other.shows(`${one.nick}: alone 9`);
    const strange = other.heard().slice(marks.get(other)).filter((line) =>
      !line.startsWith(one.nick) && !(guest !== undefined && line.startsWith(guest.nick))
    );
    tally.same(`those on ${place.server.runtime} go on, and hear no others`, strange, []);
  }
  await using again = (await startRedis({ port: redis.port }))!.server;
  for (const member of room.members) await member.shows("* the other servers are within reach");
  await room.agree("when the Redis is back what was said meanwhile");
  for (const speaker of room.members) room.say(speaker, "and on");
  await room.agree("then all of it");

  if (transcript !== undefined) {
    const lines = at("Node").people[0]!.lines.filter((line) =>
      !/: (at once|in spite of all|on|alone) /.test(line)
    );
    await writeFile(transcript, `${lines.join("\n")}\n`);
  }
  const ends = await Promise.all([...places.values()].map(({ server }) => server.kill("SIGTERM")));
  tally.same("SIGTERM ends every server in good order", ends, [0, 0, 0]);
  for (const member of room.members) await member.shows("* the server is going down");
  tally.check("and everybody is told", true);
  await again.kill();
}

async function photograph(page: Page, path: string): Promise<void> {
  const size = { width: 720, height: 480, deviceScaleFactor: 1, mobile: false };
  await page.send("Emulation.setDeviceMetricsOverride", size);
  await writeFile(path, await page.screenshot());
}

const tally = new Tally();
if (NO_NC !== undefined) tally.notRun("nc in the cluster (our client took its place)", NO_NC);
const redis = await startRedis();
if (redis === undefined) tally.notRun("three chat servers as one", NO_REDIS);
else {
  await using _ = redis.server;
  await tally.run("three chat servers as one", () => run(tally, redis));
}
tally.end();
