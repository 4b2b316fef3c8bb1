import type { AsyncChat } from "asynchat";
import { ManualPeer } from "asynchat/testing";
import { expect, it, vi } from "vitest";
import type { Hub, HubEvents, News } from "./hub.ts";
import { Lobby, Refusal } from "./lobby.ts";
import { Visitor } from "./visitor.ts";

vi.spyOn(console, "log").mockImplementation(() => {});

/** Hubs that are joined without a Redis. */
class Pair {
  readonly #ends = new Map<string, HubEvents>();

  end(name: string): Hub {
    const others = (act: (events: HubEvents) => void) => {
      for (const [other, events] of this.#ends) if (other !== name) act(events);
    };
    return {
      name,
      ready: Promise.resolve(),
      start: (events) => void this.#ends.set(name, events),
      tell: (news: News) => others((events) => events.onnews(news, false)),
      present: (roster) => others((events) => events.onroster(name, roster)),
      close: () => Promise.resolve(),
    };
  }

  events(name: string): HubEvents {
    return this.#ends.get(name)!;
  }
}

function meet() {
  const pair = new Pair();
  const [a, b] = [new Lobby(pair.end("a")), new Lobby(pair.end("b"))];
  const heard = { ann: [] as string[], bob: [] as string[] };
  const ann = a.enter((line) => heard.ann.push(line));
  const bob = b.enter((line) => heard.bob.push(line));
  a.rename(ann, "ann");
  b.rename(bob, "bob");
  heard.ann.length = heard.bob.length = 0;
  return { pair, a, b, ann, bob, heard };
}

it("makes one lobby of two servers", () => {
  const { a, b, ann, bob, heard } = meet();
  a.say(ann, "hello");
  b.whisper(bob, "ANN", "psst");
  expect(a.companyOf(ann)).toBe("bob");
  expect(a.rooms()).toBe("hall (2)");
  expect(() => a.rename(ann, "Bob")).toThrow(new Refusal("Bob is taken"));
  expect(() => a.whisper(ann, "eve", "?")).toThrow(new Refusal("there is no eve"));
  b.move(bob, "kitchen");
  b.say(bob, "nobody hears this");
  a.leave(ann);
  expect(heard).toEqual({
    ann: ["[bob to you] psst", "* bob went to kitchen"],
    bob: ["ann: hello", "* you are in kitchen, with nobody else"],
  });
  expect(b.rooms()).toBe("kitchen (1)");
});

it("goes on alone, and says so", () => {
  const { pair, a, ann, heard } = meet();
  pair.events("a").ongone("b");
  pair.events("a").onreach(false);
  expect(a.companyOf(ann)).toBe("");
  pair.events("a").onreach(true);
  expect(heard.ann).toEqual([
    "* bob has left",
    "* the other servers are out of reach: only who is on this one hears you now",
    "* the other servers are within reach",
  ]);
});

it("tells who comes what was said, on whatever server and before it came up", () => {
  const { pair, a, b, ann, bob } = meet();
  pair.events("b").onnews({ room: "hall", line: "old: news", said: true }, true);
  for (let i = 1; i <= 9; i++) i % 2 ? a.say(ann, `${i}`) : b.say(bob, `${i}`);
  const chat = new Visitor(b, "peer");
  const peer = new ManualPeer(chat);
  const said = Array.from({ length: 9 }, (_, i) => `${i % 2 ? "bob" : "ann"}: ${i + 1}`);
  expect(peer.takeText().split("\r\n")).toEqual([
    "* welcome; /help tells what you can do here",
    "* what was said before:",
    "old: news",
    ...said,
    "* you are guest-b2 in hall, with bob, ann",
    "",
  ]);
});

it("bounds what it keeps: of a room, and of rooms", () => {
  const lobby = new Lobby();
  const heard: string[] = [];
  const member = lobby.enter((line) => heard.push(line));
  for (let room = 0; room <= 1000; room++) {
    lobby.move(member, `room${room}`);
    for (let line = 0; line < 12; line++) lobby.say(member, `${line}`);
  }
  heard.length = 0;
  lobby.move(member, "room0");
  expect(heard).toEqual(["* you are in room0, with nobody else"]);
  lobby.move(member, "room1");
  expect(heard.filter((line) => /: \d+$/.test(line)).map((line) => line.slice(8))).toEqual(
    ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"],
  );
});

it("mutes a visitor who floods the room, and cuts one who does not stop", async () => {
  const lobby = new Lobby();
  const heard: string[] = [];
  lobby.enter((line) => heard.push(line));
  let now = 0;
  const chat: AsyncChat = new Visitor(lobby, "peer", { now: () => now });
  const peer = new ManualPeer(chat);
  peer.takeText();
  peer.send("a\n".repeat(60));
  expect(peer.takeText()).toBe(
    "* not so fast: 5 lines a second; for 5 seconds nobody hears you\r\n",
  );
  now = 5000;
  peer.send("b\n");
  now = 10_000;
  peer.send("c\n".repeat(200));
  expect(peer.takeText()).toMatch(/^\* not so fast: .*\r\n\* that was too much; bye\r\n$/);
  expect(peer.sawEnd).toBe(true);
  peer.end();
  expect((await chat.closed).reason).toBe("closed");
  const times = (text: string) => heard.filter((line) => line === `guest2: ${text}`).length;
  expect([times("a"), times("b"), times("c")]).toEqual([20, 1, 20]);
  expect(heard.at(-1)).toBe("* guest2 has left");
});
