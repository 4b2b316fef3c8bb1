import { ManualPeer } from "asynchat/testing";
import { expect, it } from "vitest";
import { Redis, RedisError } from "./client.ts";

function meet() {
  const redis = new Redis();
  return { redis, peer: new ManualPeer(redis) };
}

it("sends commands without waiting, and gives the answers in order", async () => {
  const { redis, peer } = meet();
  const answers = [redis.command("INCR", "n"), redis.command("GET", "x"), redis.command("NO")];
  expect(peer.takeText()).toBe(
    "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*2\r\n$3\r\nGET\r\n$1\r\nx\r\n*1\r\n$2\r\nNO\r\n",
  );
  peer.send(":1\r\n$5\r\nhe");
  peer.send("llo\r\n-ERR unknown command\r\n");
  const [one, two, three] = await Promise.allSettled(answers);
  expect([one, two]).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "fulfilled", value: "hello" },
  ]);
  expect(three).toMatchObject({ reason: new RedisError("ERR unknown command") });
});

it("tells messages of channels beside the answers", async () => {
  const { redis, peer } = meet();
  const heard: string[] = [];
  redis.onmessage = (channel, message) => heard.push(`${channel}: ${message}`);
  const subscribing = redis.subscribe("news");
  const counting = redis.command("INCR", "n");
  peer.send(">3\r\n+subscribe\r\n+news\r\n:1\r\n>3\r\n+message\r\n+news\r\n+early\r\n+PONG\r\n");
  peer.send(">3\r\n+message\r\n+news\r\n+late\r\n:2\r\n");
  await subscribing;
  expect(await counting).toBe(2);
  expect(heard).toEqual(["news: early", "news: late"]);
});

it("rejects what waits when the connection ends, and what comes later", async () => {
  const { redis, peer } = meet();
  const waiting = redis.command("BLPOP", "queue", 0);
  peer.fail();
  await expect(waiting).rejects.toMatchObject({ kind: "closed", cause: { kind: "reset" } });
  await expect(redis.command("PING")).rejects.toMatchObject({ kind: "closed" });
});

it("does not go on with a server that answers what was not asked", async () => {
  const { redis, peer } = meet();
  peer.send("+OK\r\n");
  expect((await redis.closed).error).toMatchObject({ kind: "protocol" });
});
