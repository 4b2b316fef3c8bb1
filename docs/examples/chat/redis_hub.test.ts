/** The hub over a Redis that is not one: enough of it to cut connections at the worst moment. */

import { ProtocolChat } from "asynchat";
import { listen, type Listener } from "asynchat/adapters/node";
import { expect, it, vi } from "vitest";
import { type Reply, resp } from "../redis/resp.ts";
import type { News, Roster } from "./hub.ts";
import { RedisHub } from "./redis_hub.ts";

vi.spyOn(console, "log").mockImplementation(() => {});

const decode = (value: Reply["value"]) => new TextDecoder().decode(value as Uint8Array);
const bulk = (text: string) => `$${new TextEncoder().encode(text).length}\r\n${text}\r\n`;

/** Channels, one list, and the one script that the hub has. */
class FakeRedis {
  readonly #clients = new Map<ProtocolChat<Reply>, Set<string>>();
  readonly #list: string[] = [];
  listener: Listener | undefined;
  /** How many more news are taken, kept and published, before they are answered by a cut. */
  cutAfter = Infinity;

  async start(): Promise<void> {
    this.listener = await listen({ hostname: "127.0.0.1", port: 0 }, () => this.#meet());
  }

  #meet(): ProtocolChat<Reply> {
    const client: ProtocolChat<Reply> = new ProtocolChat<Reply>(resp(), {
      handleMessage: ({ value }) =>
        this.#obey(client, (value as Reply[]).map((one) => decode(one.value))),
      handleClose: () => void this.#clients.delete(client),
    });
    this.#clients.set(client, new Set());
    return client;
  }

  #obey(client: ProtocolChat<Reply>, [name, ...args]: readonly string[]): void {
    if (!client.session.canPush) return;
    switch (name) {
      case "SUBSCRIBE":
        for (const channel of args) this.#clients.get(client)!.add(channel);
        return;
      case "LRANGE":
        return void client.push(`*${this.#list.length}\r\n${this.#list.map(bulk).join("")}`);
      case "EVAL": {
        const text = args.at(-1)!;
        this.#list.push(text);
        this.#publish("chat:news", text);
        if (--this.cutAfter < 0) return this.#cut();
        break;
      }
      case "PUBLISH":
        this.#publish(args[0]!, args[1]!);
        break;
      case "PUBSUB": {
        const counts = args.slice(1).map((channel) =>
          `${bulk(channel)}:${
            [...this.#clients.values()].filter((has) => has.has(channel)).length
          }\r\n`
        );
        return void client.push(`*${2 * counts.length}\r\n${counts.join("")}`);
      }
    }
    client.push("+OK\r\n");
  }

  #publish(channel: string, text: string): void {
    for (const [client, channels] of this.#clients) {
      if (!channels.has(channel) || !client.session.canPush) continue;
      client.push(`>3\r\n+message\r\n${bulk(channel)}${bulk(text)}`);
    }
  }

  /** Everybody is cut; what had been pushed in this turn reaches nobody. */
  #cut(): void {
    this.cutAfter = Infinity;
    for (const client of this.#clients.keys()) client.abort();
  }
}

async function open(redis: FakeRedis, name: string) {
  const heard: string[] = [];
  const past: string[] = [];
  const rosters = new Map<string, Roster>();
  const told = { reach: 0 };
  const hub = new RedisHub(name, { hostname: "127.0.0.1", port: redis.listener!.port });
  hub.start({
    onnews: (news: News, isPast) => void (isPast ? past : heard).push(news.line),
    onroster: (server, roster) => void rosters.set(server, roster),
    ongone: (server) => void rosters.delete(server),
    onreach: (within) => void (told.reach += Number(within)),
  });
  await hub.ready;
  return { hub, heard, past, rosters, told };
}

it("tells everything once and in order, however often connections are cut", async () => {
  const redis = new FakeRedis();
  await redis.start();
  const [a, b] = [await open(redis, "a"), await open(redis, "b")];
  const expected: string[] = [];
  for (let round = 1; round <= 5; round++) {
    // The third of them is taken and published, but neither confirmed nor heard.
    redis.cutAfter = 2;
    for (let line = 0; line < 6; line++) {
      const text = `${round} ${line}`;
      for (const { hub } of [a, b]) hub.tell({ room: "hall", line: text, said: true });
      expected.push(text);
    }
    const times = round + 1;
    await vi.waitFor(() => expect([a.told.reach, b.told.reach]).toEqual([times, times]), 60_000);
    await vi.waitFor(
      () => expect(a.heard.length + b.heard.length).toBe(2 * expected.length),
      60_000,
    );
  }
  expect(a.heard).toEqual(expected);
  expect(b.heard).toEqual(expected);

  const late = await open(redis, "c");
  expect(late.heard).toEqual([]);
  expect(late.past.filter((line) => line === "5 5")).toEqual(["5 5", "5 5"]);
  expect(late.past.length).toBe(2 * expected.length);
  await Promise.all([a, b, late].map(({ hub }) => hub.close()));
  await redis.listener!.close();
});

it("says who is on the others, and who is gone with one of them", async () => {
  const redis = new FakeRedis();
  await redis.start();
  const [a, b] = [await open(redis, "a"), await open(redis, "b")];
  b.hub.present([["bob", "hall"]]);
  a.hub.tell({ to: "bob", line: "psst" });
  await vi.waitFor(() => expect([...a.rosters.values()]).toContainEqual([["bob", "hall"]]), 60_000);
  await vi.waitFor(() => expect(b.heard).toEqual(["psst"]), 60_000);
  await b.hub.close();
  await vi.waitFor(() => expect(a.rosters.size).toBe(0), 60_000);
  await a.hub.close();
  await redis.listener!.close();
});

it("does not wait for a Redis that is not there", async () => {
  const redis = new FakeRedis();
  await redis.start();
  await redis.listener!.close();
  const { hub, told } = await open(redis, "a");
  expect(told.reach).toBe(0);
  await hub.close();
});
