/**
 * LSN: listening.
 *
 * @module
 */

import type { Listener } from "../../adapters/options.ts";
import type { Case, Context, Step } from "../case.ts";
import { ECHO, failureOf, hasEnded, type Hooks, seen } from "./meeting.ts";

type Listening = Awaited<ReturnType<Context["listen"]>>;

const common = { level: "MUST", role: "server" } as const;

/** The cases of the clauses LSN. */
export const lsn: readonly Case[] = [
  {
    ...common,
    id: "LSN-1.1",
    title: "listening on port 0 answers the real port and address before anybody has called",
    why: "Tests and supervisors pass the port on to whoever shall call.",
    needs: ["listen"],
    async run(t: Context) {
      const listening = await t.listen(() => ECHO, { hostname: "127.0.0.1", port: 0 });
      const { port, address, connections } = listenerOf(t, listening);
      t.need(Number.isInteger(port) && port > 0 && port < 65_536, `the port is ${port}`);
      t.equal(address, "127.0.0.1", "the address");
      t.equal(connections, 0, "connections that stand");
      await needServed(t, listening);
    },
  },
  {
    ...common,
    id: "LSN-2.1",
    title: 'listening on an address in use rejects with code "EADDRINUSE", and disturbs nobody',
    why: "The second start of a daemon must say why it failed, and leave the first alone.",
    needs: ["listen"],
    async run(t: Context) {
      const listening = await t.listen(() => ECHO);
      const { port } = listenerOf(t, listening);
      let made = 0;
      const error = await failureOf(
        t,
        () =>
          t.adapter.listen({ hostname: "127.0.0.1", port }, () => {
            made++;
            throw new Error("unreachable");
          }),
        "listening on a port in use",
      );
      t.equal(error.code, "EADDRINUSE", "the code");
      t.need(error.message.includes(`:${port}`), `the message names no address: ${error.message}`);
      await needServed(t, listening);
      t.equal(made, 0, "conversations asked of the second listener");
    },
  },
  {
    ...common,
    id: "LSN-3.1",
    title: "close() refuses who calls later, lets those that stand live on, and waits for the last",
    why: "A deployment that cuts its users off is no graceful one.",
    needs: ["listen"],
    async run(t: Context) {
      const listening = await t.listen(() => ECHO);
      const listener = listenerOf(t, listening);
      const peer = await t.dial(listening.target, [
        { do: "hold" },
        { do: "text", text: "still here" },
        { do: "recv", bytes: 10 },
        { do: "hold" },
        { do: "fin" },
      ]);
      await listening.accepted(1);
      t.equal(listener.connections, 1, "connections that stand");

      let closed = false;
      const closing = listener.close().then(() => closed = true);
      await t.settle();
      await needRefused(t, listening);
      t.equal(closed, false, "whether close() has resolved with a connection standing");

      await peer.release();
      const { text } = await seen(peer, ({ received }) => received === 10, "the answer");
      t.equal(text, "still here", "the answer");
      t.equal(closed, false, "whether close() has resolved with a connection standing");

      await peer.release();
      await t.within(closing, 5_000, "close() after the last connection has ended");
      await t.within(listener.closed, 1_000, "the promise closed");
      t.equal(listener.connections, 0, "connections that stand");
      t.equal((await listening.probes[0]!.closed).reason, "ended", "how the connection ended");
    },
  },
  {
    ...common,
    id: "LSN-3.2",
    title: "close({ force: true }) aborts the connections that stand, also when closing already",
    why: "A shutdown has a deadline, and a peer that stays on must not move it.",
    needs: ["listen"],
    async run(t: Context) {
      const listening = await t.listen(() => ECHO);
      const listener = listenerOf(t, listening);
      const peer = await t.dial(listening.target, [], 3);
      await listening.accepted(3);
      const graceful = listener.close();
      await t.settle();
      t.equal(listener.connections, 3, "connections that stand");
      await t.within(listener.close({ force: true }), 5_000, "close() with force");
      await t.within(graceful, 1_000, "close() without force before");
      for (const probe of listening.probes) {
        t.equal((await probe.closed).reason, "aborted", "how the connection ended");
      }
      await peer.until(({ connections }) => connections.every(hasEnded), "the peers see the end");
    },
  },
  {
    ...common,
    id: "LSN-3.3",
    title: "the signal closes the listener, and leaves the connections that stand",
    why: "One signal stops a program's services; their users finish first.",
    needs: ["listen"],
    async run(t: Context) {
      const controller = new AbortController();
      const listening = await t.listen(() => ECHO, { signal: controller.signal });
      const listener = listenerOf(t, listening);
      const peer = await t.dial(listening.target, [
        { do: "hold" },
        { do: "text", text: "still here" },
        { do: "recv", bytes: 10 },
        { do: "fin" },
      ]);
      await listening.accepted(1);
      controller.abort();
      await t.settle();
      await needRefused(t, listening);
      await peer.release();
      await seen(peer, ({ text }) => text === "still here", "the answer");
      await t.within(listener.closed, 5_000, "the promise closed after the last connection");
    },
  },
  {
    ...common,
    id: "LSN-3.4",
    title: "disposing of the listener closes it, and aborts the connections that stand",
    why: "A test that declares its listener with `await using` must end, whatever it left open.",
    needs: ["listen"],
    async run(t: Context) {
      const listening = await t.listen(() => ECHO);
      const listener = listenerOf(t, listening);
      const peer = await t.dial(listening.target, []);
      await listening.accepted(1);
      await t.within(listener[Symbol.asyncDispose](), 5_000, "disposing of the listener");
      await seen(peer, hasEnded, "the peer sees the end");
      await needRefused(t, listening);
    },
  },
  {
    ...common,
    id: "LSN-3.5",
    title: "close({ force: true }) in the factory aborts the connection that is being accepted too",
    why: "A server that has had enough, and says so there, would keep the one that was too much.",
    needs: ["listen"],
    async run(t: Context) {
      let closing: Promise<void> | undefined;
      const listening = await t.listen(() => {
        closing = listener.close({ force: true });
        return ECHO;
      });
      const listener = listenerOf(t, listening);
      const peer = await t.dial(listening.target, []);
      await listening.accepted(1);
      await t.within(closing!, 5_000, "close() with force");
      t.equal((await listening.probes[0]!.closed).reason, "aborted", "how the connection ended");
      await seen(peer, hasEnded, "the peer sees the end");
      t.equal(listener.connections, 0, "connections that stand");
    },
  },
  {
    ...common,
    id: "LSN-4.1",
    title: "the port of a closed listener, whose connections it ended itself, is free at once",
    why: "A restart that must wait for the system's two minutes is an outage.",
    needs: ["listen"],
    async run(t: Context) {
      const first = await t.listen(() => ({
        handleConnect() {
          this.closeWhenDone();
        },
      }));
      const { port } = listenerOf(t, first);
      await t.dial(first.target, [{ do: "recv-end" }, { do: "fin" }]);
      await first.accepted(1);
      await first.probes[0]!.closed;
      await first.close();
      const second = await t.listen(() => ECHO, { hostname: "127.0.0.1", port });
      t.equal(listenerOf(t, second).port, port, "the port");
      await needServed(t, second);
    },
  },
  {
    ...common,
    id: "LSN-5.1",
    title: "a factory that throws, a hook that throws or rejects, cost their own connection only",
    why: "One bad request must not take the service down.",
    async run(t: Context) {
      const broken: readonly (() => Hooks)[] = [
        () => {
          throw new Error("the factory throws");
        },
        () => ({
          handleConnect() {
            throw new Error("the hook throws");
          },
        }),
        () => ({
          handleConnect: () => Promise.reject(new Error("the hook rejects")),
        }),
      ];
      const listening = await t.listen((index) => broken[index - 1]?.() ?? ECHO);
      const bystander = await t.dial(listening.target, [{ do: "hold" }, ...ASK]);
      await listening.accepted(1);
      for (const _ of broken) {
        const peer = await t.dial(listening.target, []);
        await seen(peer, hasEnded, "the connection that was cost is closed");
      }
      await needServed(t, listening);
      await bystander.release();
      await seen(bystander, ({ text }) => text === "?", "the bystander is still served");
      const messages = t.takeReported().map((error) => (error as Error).message);
      t.equal(
        messages,
        ["the factory throws", "the hook throws", "the hook rejects"],
        "errors reported",
      );
    },
  },
  {
    ...common,
    id: "LSN-5.2",
    title: "an onerror that throws costs the connection that it was told of, and no other",
    why: "A logger that fails on its first error would take the whole service with it.",
    needs: ["listen"],
    async run(t: Context) {
      const told: string[] = [];
      const listening = await t.listen((index) => {
        if (index === 0) throw new Error("the factory throws");
        return ECHO;
      }, {
        onerror(error) {
          told.push((error as Error).message);
          throw new Error("a logger that fails: this is a test");
        },
      });
      const peer = await t.dial(listening.target, []);
      await seen(peer, hasEnded, "the connection that was cost is closed");
      await needServed(t, listening);
      t.equal(told, ["the factory throws"], "errors reported");
    },
  },
  {
    ...common,
    id: "LSN-6.1",
    title: "callers that reset before they are accepted harm nobody",
    why:
      "A port scan does this. On one runtime it ended every server that accepts in a plain loop.",
    budget: 15_000,
    async run(t: Context) {
      // While the first is being accepted, the others call and reset behind its back.
      const listening = await t.listen((index) => {
        if (index === 0) work();
        return ECHO;
      });
      await t.dial(listening.target, [{ do: "reset" }], 50);
      await needServed(t, listening);
      await t.dial(listening.target, [{ do: "reset" }], 50);
      await needServed(t, listening);
      t.info("errors reported", t.takeReported().length);
    },
  },
  {
    ...common,
    id: "LSN-6.2",
    title:
      "callers that reset before they are accepted are none, or end with a reset, not in order",
    why: "What they sent is the beginning of something, and an end in order would say all of it.",
    budget: 15_000,
    async run(t: Context) {
      const listening = await t.listen((index) => {
        if (index === 0) work();
        return {};
      });
      const peer = await t.dial(
        listening.target,
        [{ do: "text", text: "half" }, { do: "reset" }],
        50,
      );
      await peer.until(
        ({ connections }) => connections.every(({ open }) => !open),
        "all have reset",
      );
      await t.settle();
      const reasons = new Set<string>();
      for (const { closed } of listening.probes) reasons.add((await closed).reason);
      t.equal([...reasons], ["reset"], "how they ended");
      t.info("conversations", listening.probes.length);
      t.info("errors reported", t.takeReported().length);
    },
  },
  {
    ...common,
    id: "LSN-8.1",
    title: "200 callers at once are all accepted, and each has its own conversation",
    why: "A service that has just started meets everybody who waited for it.",
    async run(t: Context) {
      const listening = await t.listen((index) => ({
        handleConnect() {
          this.push(`you are ${index}\n`);
          this.closeWhenDone();
        },
      }));
      const peer = await t.dial(listening.target, [{ do: "recv-end" }, { do: "fin" }], 200);
      const { connections } = await peer.until(
        (report) => report.accepted === 200 && report.connections.every(({ fin }) => fin),
        "all are served",
      );
      t.equal(new Set(connections.map(({ text }) => text)).size, 200, "different answers");
    },
  },
];

const ASK: readonly Step[] = [
  { do: "text", text: "?" },
  { do: "recv", bytes: 1 },
  { do: "fin" },
];

/** Fails unless a new caller gets its echo. */
async function needServed(t: Context, { target }: Listening): Promise<void> {
  const peer = await t.dial(target, ASK);
  await seen(peer, ({ text, fin }) => text === "?" && fin, "a new caller is served");
}

async function needRefused(t: Context, { target }: Listening): Promise<void> {
  const probe = t.probe();
  const error = await failureOf(t, () => t.adapter.connect(target, probe.chat), "a late caller");
  if (t.capabilities.preciseErrors) t.equal(error.kind, "refused", "the kind");
}

function listenerOf(t: Context, { listener }: Listening): Listener {
  t.need(listener !== undefined, "the subject can listen, but there is no listener");
  return listener;
}

let worked = 0;

/** Keeps the processor busy for some tens of milliseconds, without a clock that may stand still. */
function work(): void {
  for (let i = 0; i < 50_000_000; i++) worked = (worked + i) | 0;
}
