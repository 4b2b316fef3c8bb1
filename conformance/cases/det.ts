/**
 * DET: giving a connection away, in the middle of a conversation.
 *
 * @module
 */

import { drive } from "../../adapters/driver.ts";
import { Chat } from "../../core/chat.ts";
import type { Detached } from "../../core/handover.ts";
import type { Case, Context, Peer, Probe, Step } from "../case.ts";
import { chatAdapter, withServer } from "./chat_meeting.ts";
import { fill, hasEnded, type Hooks, KIB, needWhole, seen, textOf, twins } from "./meeting.ts";
import { tlsTwins } from "./tls_meeting.ts";

/** What the new owner does; it is called where the old one's hooks are. */
type Use = (detached: Detached) => void | Promise<void>;

/** Takes lines until one says `switch`, then gives the connection away. */
function switching(use: Use, before: (chat: Probe["chat"]) => void = () => {}) {
  let began: (detached: Promise<Detached>) => void = () => {};
  const detached = new Promise<Detached>((resolve) => began = resolve);
  const hooks: Hooks = {
    terminator: "\n",
    foundTerminator() {
      if (this.getText() !== "switch") return;
      before(this);
      began(
        this.detach().then(async (detached) => {
          await use(detached);
          return detached;
        }),
      );
    },
  };
  return { hooks, detached };
}

/** Takes words that end with a semicolon. */
function words(t: Context): { probe: Probe; told: string[] } {
  const told: string[] = [];
  const probe = t.probe({
    terminator: ";",
    foundTerminator() {
      told.push(this.getText());
    },
  });
  return { probe, told };
}

/** Fails unless the old conversation was told of nothing behind the switch but its close. */
async function needSilent(t: Context, { closed, log }: Probe): Promise<void> {
  const { reason, error } = await closed;
  t.equal([reason, error], ["detached", undefined], "the old conversation's report");
  t.equal(log.at(-1), "close", "the last hook called");
  t.equal(log.filter((hook) => hook === "end" || hook === "error").length, 0, "ends and errors");
}

const common = { level: "MUST" } as const;

const chat = {
  ...common,
  title: "a Chat gives away what has come and was not read, and another Chat reads it",
  why: "A proxy reads one header, and hands on all that came with it.",
} as const;

/** The cases of the clauses DET. */
export const det: readonly Case[] = [
  ...twins(["DET-1.1", "DET-1.2"], {
    ...common,
    title: "another conversation goes on with the rest of the input, on the same socket",
    why: "A change of protocol, as from HTTP to WebSocket, begins in the middle of a segment.",
  }, async (t: Context, meet) => {
    const { probe, told } = words(t);
    const { hooks, detached } = switching(({ attach }) => attach(probe.chat));
    const { probe: old, peer } = await meet([
      { do: "text", text: "hello\nswitch\none;tw" },
      { do: "hold" },
      { do: "text", text: "o;three;" },
      { do: "recv-end" },
      { do: "fin" },
    ], hooks);
    const { peer: name, input, inputEnded } = await detached;
    t.equal(
      [name, textOf(input), inputEnded],
      [old.chat.peer, "one;tw", false],
      "what we are given",
    );
    await peer.release();
    await probe.told("found", 3);
    t.equal(told, ["one", "two", "three"], "frames of the new conversation");
    t.equal(old.log.filter((hook) => hook === "found").length, 2, "frames of the old one");
    probe.chat.push("bye;");
    probe.chat.end();
    t.equal((await probe.closed).reason, "closed", "how the new one ended");
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "bye;", "what the peer got");
    t.equal((await peer.report()).accepted, 1, "connections");
    await needSilent(t, old);
  }),
  ...twins(["DET-1.3", "DET-1.4"], {
    ...common,
    title: "what was queued goes out first, and nothing of the old conversation's behind it",
    why: "The last words of one protocol are the permission for the next.",
  }, async (t: Context, meet) => {
    const size = 512 * KIB;
    const { probe } = words(t);
    const stream = t.stream();
    const { hooks } = switching(({ attach }) => {
      attach(probe.chat);
      probe.chat.push(stream.slice(size, size + KIB));
      probe.chat.end();
    }, (chat) => fill(t, chat, size));
    const { probe: old, peer } = await meet([
      { do: "pause" },
      { do: "text", text: "switch\n" },
      { do: "hold" },
      { do: "resume" },
      { do: "recv-end" },
      { do: "fin" },
    ], hooks);
    await old.told("found");
    await t.rejects(() => old.chat.push("too late"), "closed", "a push behind detach()");
    await peer.release();
    await probe.closed;
    await needWhole(t, peer, size + KIB);
    await needSilent(t, old);
  }),
  ...twins(["DET-1.5", "DET-1.6"], {
    ...common,
    title: "what is left of the input may be given on, and an end behind it is told once",
    why: "Whoever looks at the first bytes to find out who shall have the rest takes those.",
  }, async (t: Context, meet) => {
    const { probe, told } = words(t);
    const { hooks } = switching(async ({ input, attach }) => {
      // The end comes while nobody has the connection.
      await t.settle();
      attach(probe.chat, input.subarray("header|".length));
    });
    const { probe: old } = await meet(
      [{ do: "text", text: "switch\nheader|word;" }, { do: "fin" }],
      hooks,
    );
    const { reason } = await probe.closed;
    t.equal(reason, "ended", "how the new one ended");
    t.equal(told, ["word"], "frames of the new conversation");
    t.equal(probe.log, ["connect", "data", "found", "end", "close"], "hooks of the new one");
    await needSilent(t, old);
  }),
  ...twins(["DET-2.1", "DET-2.2"], {
    ...common,
    title: "close() of a connection that nobody has taken gives it back; the old one hears nothing",
    why: "A socket without an owner is open until the process ends.",
  }, async (t: Context, meet) => {
    const { probe } = words(t);
    let thrown: unknown;
    const { hooks, detached } = switching(({ close, attach }) => {
      close();
      close();
      try {
        attach(probe.chat);
      } catch (error) {
        thrown = error;
      }
    });
    const { probe: old, peer } = await meet([
      { do: "text", text: "switch\n" },
      { do: "recv-end" },
    ], hooks);
    await detached;
    await seen(peer, hasEnded, "the connection is gone");
    t.need(thrown instanceof Error, "a connection that was closed could be attached");
    t.equal(probe.log, [], "hooks of one that came too late");
    await needSilent(t, old);
  }),
  ...tlsTwins(["DET-3.1", "DET-3.2"], {
    ...common,
    title: "a connection that is given away over TLS is still one over TLS",
    why: "What comes next is as secret as what was before.",
  }, async (t: Context, meet) => {
    const { probe, told } = words(t);
    const { hooks } = switching(({ attach }) => attach(probe.chat));
    const { probe: old, peer } = await meet([
      { do: "text", text: "switch\none;" },
      { do: "recv-end" },
      { do: "fin" },
    ], hooks);
    await probe.told("found");
    t.equal(told, ["one"], "frames of the new conversation");
    t.equal(probe.chat.tls, old.chat.tls, "what the new one says about TLS");
    probe.chat.push("bye;");
    probe.chat.end();
    await probe.closed;
    const { tls } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(tls?.text, "bye;", "what the peer got by way of TLS");
    await needSilent(t, old);
  }),
  {
    ...chat,
    id: "DET-4.1",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer(CONNECT);
      const options = { ...peer.target, onerror: t.onerror };
      await handOn(t, await chatAdapter(t).connect(options));
      await needAnswered(t, peer);
    },
  },
  {
    ...chat,
    id: "DET-4.2",
    role: "server",
    run: (t: Context) =>
      withServer(t, (chat) => handOn(t, chat), async (target) => {
        await needAnswered(t, await t.dial(target, CONNECT));
      }),
  },
  ...twins(["DET-5.1", "DET-5.2"], {
    ...common,
    title: "a layer of one's own has the transport to itself, and is told what came in between",
    why: "Whoever puts another protocol under a conversation needs the bytes as they come.",
  }, async (t: Context, meet) => {
    const told: string[] = [];
    const probe = t.probe({
      terminator: ";",
      foundTerminator() {
        if (told.push(this.getText()) < 2) return;
        this.push("bye;");
        this.closeWhenDone();
      },
    });
    let goOn = () => {};
    const may = new Promise<void>((resolve) => goOn = resolve);
    // There, as on some runtimes a socket can be touched from nowhere else.
    const { hooks, detached } = switching(async ({ open }) => {
      await may;
      drive(probe.chat, open);
    });
    const { probe: old, peer } = await meet([
      { do: "text", text: "switch\n" },
      { do: "hold" },
      { do: "text", text: "one;two;" },
      { do: "recv-end" },
      { do: "fin" },
    ], hooks);
    await old.closed;
    await peer.release();
    await t.settle();
    goOn();
    await detached;
    t.equal((await probe.closed).reason, "closed", "how the layer ended");
    t.equal(told, ["one", "two"], "what the layer was told");
    t.equal((await seen(peer, hasEnded, "our end")).text, "bye;", "what the peer got");
    await needSilent(t, old);
  }),
];

const CONNECT: readonly Step[] = [
  { do: "text", text: "CONNECT\none\n" },
  { do: "recv", bytes: 3 },
  { do: "fin" },
];

/** Reads a line, and lets another Chat read the next. */
async function handOn(t: Context, chat: Chat): Promise<void> {
  t.equal(await chat.readLine(), "CONNECT", "what was read");
  const { attach } = await chat.detach();
  const next = new Chat();
  attach(next);
  t.equal((await chat.closed).reason, "detached", "how the old one ended");
  t.equal(await next.readLine(), "one", "what the next one reads");
  await next.write("two");
  t.equal(await next.readLine(), null, "what it reads behind the peer's end");
  await next.closeWhenDone();
}

async function needAnswered(t: Context, peer: Peer): Promise<void> {
  const { text } = await seen(peer, hasEnded, "our end reaches the peer");
  t.equal(text, "two", "what the peer got");
}
