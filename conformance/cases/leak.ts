/**
 * LEAK: what is left afterwards.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import type { Case, Context, Peer, Step } from "../case.ts";
import { begin, type Hooks, KIB, MIB, seen, thrownBy, twins } from "./meeting.ts";
import { HOURS, watchTimers } from "./timers.ts";

const SILENT: Hooks = {
  handleException(error) {
    this.abort(error);
  },
};

/** Every way in which a conversation ends: what the peer does, and what we do. */
const ENDINGS: readonly {
  readonly name: string;
  readonly program: readonly Step[];
  readonly hooks?: Hooks;
}[] = [
  { name: "the peer's FIN", program: [{ do: "fin" }] },
  {
    name: "both ended, half-closed by us first",
    program: [{ do: "recv-end" }, { do: "fin" }],
    hooks: {
      handleConnect() {
        this.end();
      },
    },
  },
  {
    name: "closeWhenDone()",
    program: [{ do: "recv-end" }, { do: "fin" }],
    hooks: {
      handleConnect() {
        this.push("bye");
        this.closeWhenDone();
      },
    },
  },
  {
    name: "close()",
    program: [{ do: "recv-end" }, { do: "fin" }],
    hooks: {
      handleConnect() {
        this.close();
      },
    },
  },
  {
    name: "abort() with unread input",
    program: [{ do: "send", bytes: 100_000 }, { do: "recv-end" }, { do: "fin" }],
    hooks: {
      collectIncomingData() {
        this.abort();
      },
    },
  },
  {
    name: "an exception",
    program: [{ do: "text", text: "?" }, { do: "recv-end" }, { do: "fin" }],
    hooks: {
      ...SILENT,
      collectIncomingData() {
        throw new Error("a mistake");
      },
    },
  },
  {
    name: "a limit",
    program: [{ do: "text", text: "too long" }, { do: "recv-end" }, { do: "fin" }],
    hooks: { terminator: "\n", maxFrameLength: 3, handleError() {} },
  },
  {
    name: "a reset",
    program: [{ do: "recv", bytes: 1 }, { do: "reset" }],
    hooks: {
      handleConnect() {
        this.push("?");
      },
    },
  },
];

/** The cases of the clauses LEAK. */
export const leak: readonly Case[] = [
  ...twins(["LEAK-1.1", "LEAK-1.2"], {
    title: "however a conversation ends, its socket is closed when the close has been told",
    why: "A leak of one socket a failure is found when the failures come.",
    level: "MUST",
    budget: 15_000,
  }, async (_t, meet) => {
    for (const { name, program, hooks = {} } of ENDINGS) {
      const { probe, peer } = await meet(program, hooks);
      await probe.closed;
      await seen(peer, ({ open }) => !open, `the socket is closed after ${name}`);
    }
  }),
  ...twins(["LEAK-1.3", "LEAK-1.4"], {
    title: "when a close is cut short by its deadline, its socket is closed as well",
    why: "The peer that does not read is the one that holds sockets longest.",
    level: "MUST",
  }, async (t, meet) => {
    const { probe, peer } = await meet(
      [{ do: "pause" }, { do: "hold" }, { do: "resume" }, { do: "recv-end" }, { do: "fin" }],
      { closeTimeout: 50, handleError() {} },
    );
    probe.chat.push(new Uint8Array(8 * MIB));
    probe.chat.closeWhenDone();
    t.equal((await probe.closed).reason, "timeout", "how it ended");
    await peer.release();
    await seen(peer, ({ open }) => !open, "the socket is closed");
  }),
  {
    id: "LEAK-2.1",
    title: "no timer is left when a connect has succeeded, failed or been abandoned",
    why: "A forgotten timer keeps the process alive for half a minute after its last work.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const timers = watchTimers();
      try {
        const connectTimeout = 2 * HOURS;
        const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
        await t.open(peer, {}, { connectTimeout });
        t.need(timers.set > 0, "no timer was ever set: nothing was shown");
        t.equal(timers.pending, 0, "timers after a connect");

        const nobody = { hostname: "127.0.0.1", port: 1, connectTimeout };
        await thrownBy(t, () => t.adapter.connect(nobody, t.probe().chat), "nobody listens");
        t.equal(timers.pending, 0, "timers after a failed connect");

        const frozen = await t.peer([], { frozen: true });
        const controller = new AbortController();
        const { signal } = controller;
        const opening = begin(t, t.probe(), { ...frozen.target, connectTimeout, signal });
        await t.settle();
        controller.abort();
        await t.rejects(() => opening, "aborted", "an abandoned connect");
        t.equal(timers.pending, 0, "timers after an abandoned connect");
      } finally {
        timers.restore();
      }
    },
  },
  ...twins(["LEAK-2.2", "LEAK-2.3"], {
    title: "no timer is left when a conversation that was closing is over",
    why: "A forgotten timer keeps the process alive for half a minute after its last work.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const timers = watchTimers();
    try {
      const closeTimeout = 2 * HOURS;
      for (const how of ["peer", "abort"] as const) {
        const { probe, peer } = await meet(
          [{ do: "recv-end" }, { do: "hold" }, { do: "fin" }],
          { closeTimeout },
        );
        probe.chat.closeWhenDone();
        await t.settle();
        t.equal(timers.pending, 1, "timers while it is closing");
        if (how === "peer") await peer.release();
        else probe.chat.abort();
        await probe.closed;
        t.equal(timers.pending, 0, `timers after the end by ${how}`);
      }
    } finally {
      timers.restore();
    }
  }),
  {
    id: "LEAK-3.1",
    title: "how many of 20 closed conversations are collected, where the collector can be asked",
    why: "A closed conversation that something still refers to is a leak in slow motion.",
    level: "INFO",
    role: "client",
    async run(t: Context) {
      const collect = (globalThis as { gc?: () => void }).gc;
      if (collect === undefined) return t.info("collected", "the collector cannot be asked here");
      const peer = await t.peer([{ do: "fin" }]);
      const left: WeakRef<AsyncChat>[] = [];
      for (let i = 0; i < 20; i++) left.push(await closedChat(t, peer));
      for (let i = 0; i < 4; i++) {
        await t.settle();
        collect();
      }
      t.info("collected", left.filter((one) => one.deref() === undefined).length);
    },
  },
  ...twins(["LEAK-4.1", "LEAK-4.2"], {
    title: "every promise that a conversation gave out settles when it ends",
    why: "A writer that waits for a drain that never comes waits for ever, and holds what it has.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const how of ["abort", "close", "peer"] as const) {
      const { probe, peer } = await meet([{ do: "pause" }, { do: "hold" }, { do: "reset" }]);
      const { chat } = probe;
      while (chat.push(new Uint8Array(64 * KIB)));
      // More than the system takes, so that it cannot drain.
      for (let i = 0; i < 200; i++) chat.push(new Uint8Array(64 * KIB));
      const drained = chat.drained();
      drained.catch(() => {});
      const closed = chat.closed;
      if (how === "peer") await peer.release();
      else chat[how]();
      const rejected = () => t.within(drained, 2_000, `drained() after ${how}`);
      await t.rejects(rejected, "closed", `drained() after ${how}`);
      await t.within(closed, 2_000, `closed after ${how}`);
    }
  }),
];

/** Ends a conversation, which nobody records, and keeps nothing but a weak reference to it. */
async function closedChat(t: Context, peer: Peer): Promise<WeakRef<AsyncChat>> {
  const chat = await t.adapter.connect({ onerror: t.onerror, ...peer.target }, new AsyncChat());
  await chat.closed;
  return new WeakRef(chat);
}
