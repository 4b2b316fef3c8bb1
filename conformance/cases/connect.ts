/**
 * CON: connecting.
 *
 * @module
 */

import type { ConnectOptions } from "../../adapters/options.ts";
import { ChatError } from "../../core/errors.ts";
import type { Case, Context, Peer } from "../case.ts";
import { begin, ECHO, failureOf, hasEnded, seen, thrownBy, twins } from "./meeting.ts";
import { Bounds, undisturbed } from "./timing.ts";

/** A privileged port without a service: nobody listens on it by accident. */
const NOBODY: ConnectOptions = { hostname: "127.0.0.1", port: 1 };

/** A connect that was given up shall reject within this time, in milliseconds. */
const AT_ONCE = 1_000;

/** Gives a connect up by its signal, while the peer does not accept. */
async function abandon(t: Context, peer: Peer): Promise<void> {
  const probe = t.probe();
  const controller = new AbortController();
  const opening = begin(t, probe, { ...peer.target, signal: controller.signal });
  await t.settle();
  const reason = new Error("changed my mind");
  controller.abort(reason);
  const pending = () => t.within(opening, AT_ONCE, "a connect whose signal was given");
  const error = await t.rejects(pending, "aborted", "a signal given while connecting");
  t.need(error.cause === reason, `the cause is not the signal's reason: ${error.cause}`);
  await t.settle();
  t.equal(probe.log, [], "hooks called");
}

/** Fails unless a connect that was cancelled stays away when the peer accepts again. */
async function needNeverAccepted(t: Context, peer: Peer, control: Promise<unknown>): Promise<void> {
  await peer.thaw();
  // It was begun just behind the other, so the system has tried both again by now.
  await t.within(control, 10_000, "a connect to a peer that accepts again");
  await t.settle();
  t.equal((await peer.report()).accepted, 1, "connections accepted by the peer");
}

/** Fails unless a connect that could not be cancelled is closed when it comes about. */
async function needClosedUnused(t: Context, peer: Peer): Promise<void> {
  await peer.thaw();
  const { received } = await seen(peer, hasEnded, "the abandoned connection is closed");
  t.equal(received, 0, "bytes sent on the abandoned connection");
}

/** The cases of the clauses CON. */
export const con: readonly Case[] = [
  {
    id: "CON-1.1",
    title: "connect() resolves on one connection, which the peer has accepted and which works",
    why: "A promise that resolves early sends the first request into nothing.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const probe = await t.open(peer);
      t.equal(probe.log[0], "connect", "the first hook");
      probe.chat.push("?");
      await probe.told("data");
      t.equal(probe.received, 1, "bytes echoed");
      t.equal((await peer.report()).accepted, 1, "connections accepted by the peer");
    },
  },
  {
    id: "CON-1.2",
    title: "every accepted connection has its own conversation, told of the connection first",
    why: "Two peers in one conversation read each other's mail.",
    level: "MUST",
    role: "server",
    async run(t: Context) {
      const listening = await t.listen(() => ECHO);
      const peer = await t.dial(
        listening.target,
        [{ do: "text", text: "?" }, { do: "recv", bytes: 1 }, { do: "fin" }],
        3,
      );
      await listening.accepted(3);
      await Promise.all(listening.probes.map((probe) => probe.closed));
      t.equal((await peer.report()).accepted, 3, "connections made");
      t.equal(listening.probes.length, 3, "conversations");
      for (const { log } of listening.probes) {
        t.equal(log.filter((hook) => hook === "connect").length, 1, "times told of the connection");
        t.equal(log[0], "connect", "the first hook");
      }
    },
  },
  {
    id: "CON-1.3",
    title: "connect() stays pending while the peer does not accept, and resolves when it does",
    why: "Whoever is told too early loses what it sends to a peer that is not there.",
    level: "MUST",
    role: "client",
    budget: 15_000,
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }], { frozen: true });
      const probe = t.probe();
      let settled = false;
      const opening = begin(t, probe, peer.target).finally(() => settled = true);
      await t.settle();
      t.equal(settled, false, "whether connect() settled before the peer accepted");
      t.equal(probe.log, [], "hooks before the peer accepted");
      await peer.thaw();
      await t.within(opening, 10_000, "connect() to a peer that accepts at last");
      probe.chat.push("?");
      await probe.told("data");
    },
  },
  {
    id: "CON-2.1",
    title: 'a refused connect rejects with kind "refused", and no hook is called',
    why: "Code that retries must be able to tell a peer that is down from a bug.",
    level: "MUST",
    role: "client",
    needs: ["preciseErrors"],
    async run(t: Context) {
      const probe = t.probe();
      const error = await t.rejects(
        () => t.adapter.connect(NOBODY, probe.chat),
        "refused",
        "connecting where nobody listens",
      );
      t.need(error.message.includes("127.0.0.1:1"), `the message names no peer: ${error.message}`);
      await t.settle();
      t.equal(probe.log, [], "hooks called");
      t.equal(probe.chat.peer, undefined, "the peer of a conversation that never began");
    },
  },
  {
    id: "CON-2.2",
    title: "a failed connect is one ChatError rejection all the same, and no hook is called",
    why: "Where the runtime does not say why, it must still say that.",
    level: "MUST",
    role: "client",
    lacks: "preciseErrors",
    async run(t: Context) {
      const probe = t.probe();
      const error = await failureOf(t, () => t.adapter.connect(NOBODY, probe.chat), "no listener");
      t.need(error.message.includes("127.0.0.1:1"), `the message names no peer: ${error.message}`);
      t.need(error.cause instanceof Error, "the cause is not the runtime's own error");
      await t.settle();
      t.equal(probe.log, [], "hooks called");
    },
  },
  {
    id: "CON-3.1",
    title: 'the error of a refused connect has the code "ECONNREFUSED"',
    why: "Logs and dashboards group by code, and have done so for forty years.",
    level: "SHOULD",
    role: "client",
    needs: ["preciseErrors"],
    async run(t: Context) {
      const connecting = () => t.adapter.connect(NOBODY, t.probe().chat);
      const error = await t.rejects(connecting, "refused", "connecting where nobody listens");
      t.equal(error.code, "ECONNREFUSED", "the code");
    },
  },
  {
    id: "CON-4.1",
    title: "a signal given before rejects with its reason, and the peer sees no connection",
    why: "A cancelled request must not reach the peer.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([]);
      const probe = t.probe();
      const reason = new Error("nobody waits any more");
      const signal = AbortSignal.abort(reason);
      const error = await t.rejects(
        () => t.adapter.connect({ ...peer.target, signal }, probe.chat),
        "aborted",
        "a signal given before",
      );
      t.need(error.cause === reason, `the cause is not the signal's reason: ${error.cause}`);
      await t.settle();
      t.equal((await peer.report()).accepted, 0, "connections accepted by the peer");
      t.equal(probe.log, [], "hooks called");
    },
  },
  {
    id: "CON-4.2",
    title: "a signal given after the connect has no effect on the conversation",
    why: "The signal abandons the attempt; a deadline for it must not cut a good connection later.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const controller = new AbortController();
      const probe = await t.open(peer, {}, { signal: controller.signal });
      controller.abort();
      await t.settle();
      probe.chat.push("?");
      await probe.told("data");
      t.equal(probe.log, ["connect", "data"], "hooks called");
    },
  },
  {
    id: "CON-5.1",
    title: "a signal given while connecting rejects at once, and the connection never comes about",
    why: "A connect that cannot be abandoned keeps a user, or a shutdown, waiting for minutes.",
    level: "MUST",
    role: "client",
    needs: ["cancelConnect"],
    budget: 15_000,
    async run(t: Context) {
      const peer = await t.peer([], { frozen: true });
      const abandoned = abandon(t, peer);
      const control = begin(t, t.probe(), peer.target);
      await abandoned;
      await needNeverAccepted(t, peer, control);
    },
  },
  {
    id: "CON-5.2",
    title: "a signal given while connecting rejects at once; a late connection is closed unused",
    why:
      "Where the system cannot cancel a connect, nobody must be left with a socket unknown to him.",
    level: "MUST",
    role: "client",
    lacks: "cancelConnect",
    budget: 15_000,
    async run(t: Context) {
      const peer = await t.peer([], { frozen: true });
      await abandon(t, peer);
      await needClosedUnused(t, peer);
    },
  },
  {
    id: "CON-6.1",
    title:
      'connectTimeout rejects with kind "timeout", not before its time and at most 500 ms after',
    why: "Without it a peer behind a silent firewall holds a client for minutes.",
    level: "MUST",
    role: "client",
    budget: 15_000,
    async run(t: Context) {
      const peer = await t.peer([], { frozen: true });
      const probe = t.probe();
      const connectTimeout = 300;
      const bounds = new Bounds(connectTimeout, connectTimeout + 500);
      bounds.begin();
      const opening = begin(t, probe, { ...peer.target, connectTimeout });
      opening.catch(() => bounds.told());
      const { cancelConnect } = t.capabilities;
      const control = cancelConnect ? begin(t, t.probe(), peer.target) : undefined;
      await t.rejects(() => opening, "timeout", "connecting to a peer that does not accept");
      bounds.need(t);
      if (control === undefined) await needClosedUnused(t, peer);
      else await needNeverAccepted(t, peer, control);
      t.equal(probe.log, [], "hooks called");
    },
  },
  {
    id: "CON-6.2",
    title: "connectTimeout does not end a connection that came about in time",
    why:
      "A timer left behind kills good connections, each after the same time, and nobody knows why.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const { probe, connectTimeout } = await undisturbed(t, 50, async (connectTimeout, gaps) => {
        gaps.mark();
        const opening = t.open(peer, {}, { connectTimeout });
        opening.catch(() => gaps.mark());
        return { probe: await opening, connectTimeout };
      });
      const begun = performance.now();
      let rounds = 0;
      while (performance.now() < begun + 2 * connectTimeout) {
        probe.chat.push("?");
        await probe.told("data", ++rounds);
      }
      t.equal(probe.log.includes("close"), false, "whether the conversation was closed");
    },
  },
  {
    id: "CON-7.1",
    title: "what was pushed before the connection arrives first, in order",
    why: "A client may prepare its greeting before it knows whether there is somebody to greet.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "recv-end" }, { do: "fin" }]);
      const probe = t.probe({
        handleConnect() {
          this.push("d");
        },
      });
      probe.chat.push("a");
      probe.chat.pushWithProducer(["b"]);
      probe.chat.push("c");
      const opening = begin(t, probe, peer.target);
      probe.chat.push("C");
      await opening;
      probe.chat.push("e");
      probe.chat.closeWhenDone();
      const { text } = await seen(peer, hasEnded, "our end reaches the peer");
      t.equal(text, "abcCde", "what the peer got");
    },
  },
  ...twins(["CON-8.1", "CON-8.2"], {
    title: "a peer that accepts and ends at once gives an orderly end",
    why: "A service that is being restarted does this to all its clients.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe } = await meet([{ do: "fin" }]);
    const { reason, error } = await probe.closed;
    t.equal(probe.log, ["connect", "end", "close"], "hooks called");
    t.equal(reason, "ended", "how it ended");
    t.equal(error, undefined, "the error of an orderly end");
  }),
  {
    id: "CON-8.3",
    title: "a peer that accepts and resets at once rejects the connect, or closes with a reset",
    why:
      "An overloaded balancer does this, and a client must neither hang nor think it was served.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "reset" }]);
      // The reset comes before the connect has been told, or just after it.
      for (let i = 0; i < 20; i++) {
        const probe = t.probe();
        const error = await begin(t, probe, peer.target).then(() => undefined, (error) => error);
        if (error === undefined) {
          t.equal((await probe.closed).reason, "reset", "how it ended");
          continue;
        }
        t.need(error instanceof ChatError, `rejected with something else: ${error}`);
        t.equal(probe.log, [], "hooks called");
      }
    },
  },
  {
    id: "CON-9.1",
    title: 'a name that does not resolve rejects with kind "dns"',
    why: "A misspelt host is the user's to mend, a refused one the operator's.",
    level: "SHOULD",
    role: "client",
    needs: ["preciseErrors"],
    budget: 30_000,
    async run(t: Context) {
      const probe = t.probe();
      await t.rejects(
        () => t.adapter.connect({ hostname: "nobody.invalid", port: 7 }, probe.chat),
        "dns",
        "a name in a domain that does not exist",
      );
      t.equal(probe.log, [], "hooks called");
    },
  },
  {
    id: "CON-9.2",
    title: '"localhost" reaches a peer that listens on IPv4 only',
    why: "The name means ::1 first on most systems, and half of all services listen on 127.0.0.1.",
    level: "SHOULD",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const probe = await t.open(peer, {}, { hostname: "localhost", port: peer.target.port! });
      probe.chat.push("?");
      await probe.told("data");
    },
  },
  {
    id: "CON-9.3",
    title: "an IPv6 address reaches its peer, with the brackets of a URL and without",
    why: "`new URL(text).hostname` has them, and half of the runtimes take that for a name.",
    level: "SHOULD",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const port = peer.target.port!;
      for (const hostname of ["::ffff:127.0.0.1", "[::ffff:127.0.0.1]"]) {
        const probe = await t.open(peer, {}, { hostname, port });
        probe.chat.push("?");
        await probe.told("data");
        t.equal(probe.chat.peer, `[::ffff:127.0.0.1]:${port}`, "the peer's name");
      }
    },
  },
  {
    id: "CON-10.1",
    title: "both addresses of a connection are those that the peer sees",
    why: "Logs of both ends are joined by them.",
    level: "SHOULD",
    role: "client",
    needs: ["addresses"],
    async run(t: Context) {
      const peer = await t.peer([]);
      const { chat } = await t.open(peer);
      const { remote } = await seen(peer, () => true, "the connection is accepted");
      t.equal(chat.local, remote, "our address");
      t.equal(chat.peer, `${peer.target.hostname}:${peer.target.port}`, "the peer's address");
    },
  },
  {
    id: "CON-10.2",
    title: "an accepted connection names its own address as the caller does, and the caller's",
    why: "A server that bans by address must not ban itself.",
    level: "SHOULD",
    role: "server",
    needs: ["addresses"],
    async run(t: Context) {
      const listening = await t.listen(() => ({}));
      const peer = await t.dial(listening.target, []);
      await listening.accepted(1);
      const { chat } = listening.probes[0]!;
      const { remote } = await seen(peer, () => true, "the connection is made");
      t.equal(chat.local, remote, "our address");
      t.need(/^127\.0\.0\.1:[1-9]\d*$/.test(chat.peer ?? ""), `the caller's address: ${chat.peer}`);
      t.need(chat.peer !== chat.local, `the caller has our own address: ${chat.peer}`);
    },
  },
  {
    id: "CON-10.3",
    title: "an unknown local address is undefined, and the peer is named as it was called",
    why: "An invented address is worse than none.",
    level: "MUST",
    role: "client",
    lacks: "addresses",
    async run(t: Context) {
      const peer = await t.peer([]);
      const { chat } = await t.open(peer);
      t.equal(chat.local, undefined, "our address");
      t.equal(chat.peer, `${peer.target.hostname}:${peer.target.port}`, "the peer's address");
    },
  },
  {
    id: "CON-11.1",
    title: "an option that does not exist is a TypeError, and the peer sees no connection",
    why: 'A misspelt "tls" that is passed over in silence sends passwords in the clear.',
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([]);
      const probe = t.probe();
      const options: ConnectOptions & { encrypt: boolean } = { ...peer.target, encrypt: true };
      const error = await thrownBy(t, () => t.adapter.connect(options, probe.chat), "encrypt");
      t.need(error instanceof TypeError, `expected a TypeError, got ${error}`);
      t.need(error.message.includes("encrypt"), `the message does not name it: ${error.message}`);
      await t.settle();
      t.equal((await peer.report()).accepted, 0, "connections accepted by the peer");
    },
  },
  {
    id: "CON-11.2",
    title: "a port or a timeout out of range is a RangeError",
    why: "The runtimes throw five different things here, some at once and some later.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const wrong: ConnectOptions[] = [
        { hostname: "127.0.0.1", port: 99_999 },
        { hostname: "127.0.0.1", port: 1.5 },
        { hostname: "127.0.0.1", port: 0 },
        { ...NOBODY, connectTimeout: 0 },
        { ...NOBODY, connectTimeout: NaN },
      ];
      for (const options of wrong) {
        const what = JSON.stringify(options);
        const error = await thrownBy(t, () => t.adapter.connect(options, t.probe().chat), what);
        t.need(error instanceof RangeError, `expected a RangeError for ${what}, got ${error}`);
      }
    },
  },
  {
    id: "CON-11.3",
    title: "a hostname that no host can have, empty or with spaces in it, is a TypeError",
    why: "What a runtime makes of a zero byte or a line end in a name is anybody's guess.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      for (const hostname of ["", "a b", "127.0.0.1\0.example", "127.0.0.1\n"]) {
        const what = JSON.stringify(hostname);
        const connecting = () => t.adapter.connect({ hostname, port: 7 }, t.probe().chat);
        const error = await thrownBy(t, connecting, what);
        t.need(error instanceof TypeError, `expected a TypeError for ${what}, got ${error}`);
      }
    },
  },
  {
    id: "CON-12.1",
    title: "connecting a conversation that has had its connection rejects, and leaves no socket",
    why:
      "Whoever reconnects with the old object must be told, not given a socket that nobody reads.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const { chat, log } = await t.open(peer);
      await thrownBy(t, () => t.adapter.connect(peer.target, chat), "connecting it again");
      await t.settle();
      await peer.until(
        ({ accepted, connections }) => connections.filter(hasEnded).length >= accepted - 1,
        "the second connection is given back",
      );
      t.equal(log, ["connect"], "hooks called");
    },
  },
  {
    id: "CON-12.2",
    title:
      "of two connects of one conversation at a time one resolves, and the other leaves no socket",
    why: "A retry that overlaps the first attempt must not cost a socket each time.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const probe = t.probe();
      const both = [begin(t, probe, peer.target), begin(t, probe, peer.target)];
      const settled = await Promise.allSettled(both);
      const resolved = settled.filter(({ status }) => status === "fulfilled").length;
      t.equal(resolved, 1, "connects that resolved");
      probe.chat.push("?");
      await probe.told("data");
      await t.settle();
      await peer.until(
        ({ accepted, connections }) => connections.filter(hasEnded).length >= accepted - 1,
        "the other connection is given back",
      );
      t.equal(probe.log, ["connect", "data"], "hooks called");
    },
  },
];
