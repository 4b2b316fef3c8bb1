/**
 * TMO: time runs out on a conversation that stands.
 *
 * @module
 */

import type { Case, Context, Peer, Probe, Step } from "../case.ts";
import { hasEnded, kindOf, needErrors, seen, twins } from "./meeting.ts";
import { HOURS, watchTimers } from "./timers.ts";

/** A timer's clock and ours may differ by so much, in milliseconds. */
const EARLY = 2;

/** The cases of the clauses TMO. */
export const tmo: readonly Case[] = [
  ...twins(["TMO-1.1", "TMO-1.2"], {
    title: "an idle timeout comes within [T, 1.25 T + 50 ms] of the last byte that came",
    why: "A server that forgets its silent clients runs out of sockets.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const idleTimeout = 600;
    let last = 0;
    const { probe, peer } = await meet([{ do: "text", text: "a" }, { do: "recv-end" }], {
      idleTimeout,
      collectIncomingData() {
        last = performance.now();
      },
    });
    await needTimedOut(t, probe, () => last, idleTimeout);
    t.equal(probe.log, ["connect", "data", "timeout", "close"], "hooks called");
    await seen(peer, hasEnded, "our end reaches the peer");
  }),
  ...twins(["TMO-1.3", "TMO-1.4"], {
    title: "an idle timeout comes within [T, 1.25 T + 50 ms] of the last byte that went",
    why: "A client that waits for an answer must learn that none will come.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const idleTimeout = 600;
    let last = 0;
    const { probe, peer } = await meet([{ do: "recv-end" }], {
      idleTimeout,
      handleConnect() {
        this.push("a");
        last = performance.now();
      },
    });
    await needTimedOut(t, probe, () => last, idleTimeout);
    t.equal((await seen(peer, hasEnded, "our end reaches the peer")).text, "a", "what it got");
  }),
  ...twins(["TMO-1.5", "TMO-1.6"], {
    title: "without an idle timeout nobody is timed out, and no timer is set",
    why: "A connection that is quiet for an hour is a good connection, unless you say otherwise.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const timers = watchTimers();
    try {
      const { probe, peer } = await meet([
        { do: "text", text: "a" },
        { do: "hold" },
        { do: "text", text: "b\n" },
        { do: "hold" },
        { do: "fin" },
      ], { terminator: "\n", foundTerminator() {}, closeTimeout: 2 * HOURS });
      await probe.told("data");
      t.equal(timers.set, 0, "timers set inside a frame");
      await peer.release();
      await probe.told("found");
      t.equal(timers.set, 0, "timers set after it");
      await peer.release();
      t.equal((await probe.closed).reason, "ended", "how it ended");
    } finally {
      timers.restore();
    }
  }),
  ...twins(["TMO-2.1", "TMO-2.2"], {
    title: "every byte that comes restarts the idle timeout",
    why: "A slow peer is not a silent one.",
    level: "MUST",
    budget: 20_000,
  }, async (t: Context, meet) => {
    const idleTimeout = 800, times = 8;
    let last = 0;
    const { probe, peer } = await meet([...dripping("a", times), { do: "recv-end" }], {
      idleTimeout,
      collectIncomingData() {
        last = performance.now();
      },
    });
    await drip(peer, times, idleTimeout / 4);
    await t.eventually(() => probe.received === times, "all bytes have come");
    await needTimedOut(t, probe, () => last, idleTimeout);
  }),
  ...twins(["TMO-2.3", "TMO-2.4"], {
    title: "every byte that goes restarts the idle timeout",
    why: "A long answer to a peer that only listens is work, not silence.",
    level: "MUST",
    budget: 20_000,
  }, async (t: Context, meet) => {
    const idleTimeout = 800, times = 8;
    let last = 0;
    const { probe, peer } = await meet([{ do: "recv-end" }], { idleTimeout });
    for (let i = 0; i < times; i++) {
      await passing(idleTimeout / 4);
      probe.chat.push("a");
      last = performance.now();
    }
    await needTimedOut(t, probe, () => last, idleTimeout);
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "a".repeat(times), "what the peer got");
  }),
  ...twins(["TMO-2.5", "TMO-2.6"], {
    title: "no timer is left when a conversation with an idle timeout is over",
    why: "A forgotten timer keeps the process alive, and the conversation in memory.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const timers = watchTimers();
    try {
      for (const how of ["peer", "closeWhenDone", "close", "abort"] as const) {
        const { probe, peer } = await meet([{ do: "hold" }, { do: "fin" }], {
          idleTimeout: 2 * HOURS,
          closeTimeout: 2 * HOURS,
        });
        await t.settle();
        t.equal(timers.pending, 1, "timers while it stands");
        if (how !== "peer") probe.chat[how]();
        await peer.release();
        await probe.closed;
        t.equal(timers.pending, 0, `timers after the end by ${how}`);
      }
    } finally {
      timers.restore();
    }
  }),
  ...twins(["TMO-2.7", "TMO-2.8"], {
    title: "a handleTimeout that keeps the connection is called again, each time after T",
    why: "That is how a ping is sent, and how it is counted when nobody answers.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const idleTimeout = 200, times: number[] = [];
    const { probe, peer } = await meet([{ do: "recv-end" }, { do: "fin" }], {
      idleTimeout,
      handleConnect() {
        times.push(performance.now());
      },
      handleTimeout() {
        times.push(performance.now());
        // The first one does nothing: nothing moves, and it is called again all the same.
        if (times.length === 3) this.push("ping");
        if (times.length === 4) this.closeWhenDone();
      },
    });
    const { reason } = await probe.closed;
    t.equal([reason, times.length], ["closed", 4], "how it ended, after how many calls");
    for (let i = 1; i < times.length; i++) {
      const elapsed = times[i]! - times[i - 1]!;
      t.need(elapsed > idleTimeout - EARLY, `called after ${elapsed} ms, before its time`);
    }
    t.equal((await seen(peer, hasEnded, "our end")).text, "ping", "what the peer got");
  }),
  ...twins(["TMO-2.9", "TMO-2.10"], {
    title: "an idle timeout cuts a connection whose hook is not done, and is told when it is",
    why: "A hook that never settles would hold its socket for ever; two at once would break law 5.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let release = () => {};
    const pending = new Promise<void>((resolve) => release = resolve);
    let timeouts = 0;
    const { probe, peer } = await meet([{ do: "text", text: "a\nb\n" }, { do: "recv-end" }], {
      idleTimeout: 200,
      terminator: "\n",
      foundTerminator: () => pending,
      handleTimeout() {
        timeouts++;
      },
    });
    await seen(peer, hasEnded, "our end reaches the peer while the hook is pending");
    t.equal(probe.log, ["connect", "data", "found"], "hooks called while it is pending");
    release();
    const { reason, error } = await probe.closed;
    t.equal([reason, kindOf(error)], ["timeout", "timeout"], "the report");
    t.equal(probe.log, ["connect", "data", "found", "close"], "hooks called in all");
    t.equal(timeouts, 0, "calls of handleTimeout");
  }),
  ...twins(["TMO-3.1", "TMO-3.2"], {
    title:
      "bytes that drip in do not extend a frame's deadline; an answer may be sent, then it ends",
    why: "Slowloris: a byte now and then keeps a socket for ever, and defeats every idle timeout.",
    level: "MUST",
    budget: 10_000,
  }, async (t: Context, meet) => {
    // More of them than fit into the time that the frame has.
    const frameTimeout = 600, times = 16;
    let first = 0, failed = 0;
    const { probe, peer } = await meet(
      [...dripping("a", times), { do: "recv-end" }, { do: "fin" }],
      {
        frameTimeout,
        terminator: "\n",
        foundTerminator() {},
        collectIncomingData() {
          first ||= performance.now();
        },
        handleError(error) {
          failed ||= performance.now();
          if (kindOf(error) === "timeout") this.push("too slow\n");
        },
      },
    );
    await drip(peer, times, frameTimeout / 12);
    await probe.told("error");
    const { reason, error, incomplete } = await probe.closed;
    needWithin(t, failed - first, frameTimeout);
    t.equal([reason, kindOf(error)], ["timeout", "timeout"], "the report");
    t.need(probe.received > 3, `only ${probe.received} bytes dripped in: nothing was shown`);
    t.equal(incomplete?.received, probe.received, "bytes of the frame that was cut");
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "too slow\n", "what the peer got");
  }),
  ...twins(["TMO-3.3", "TMO-3.4"], {
    title: "frames that end in time are never cut, however close one follows the other",
    why: "A deadline that is not cleared cuts the busiest clients.",
    level: "MUST",
    budget: 20_000,
  }, async (t: Context, meet) => {
    const frameTimeout = 800, times = 8;
    const frames: string[] = [];
    const { probe, peer } = await meet(
      // Each segment ends one frame and begins the next; the last ends the last.
      [{ do: "text", text: "a" }, ...dripping("b\na", times), { do: "text", text: "b\n" }, {
        do: "hold",
      }, { do: "fin" }],
      {
        frameTimeout,
        terminator: "\n",
        foundTerminator() {
          frames.push(this.getText());
        },
      },
    );
    await drip(peer, times, frameTimeout / 4);
    await probe.told("found", times + 1);
    // Between two frames there is no deadline.
    await passing(1.5 * frameTimeout);
    await peer.release();
    t.equal((await probe.closed).reason, "ended", "how it ended");
    t.equal(frames, Array.from({ length: times + 1 }, () => "ab"), "frames told");
  }),
  ...twins(["TMO-3.5", "TMO-3.6"], {
    title: "time in which we do not read is not counted against the peer's frame",
    why: "An upload that we hold back, because our own disk is slow, must not be cut for it.",
    level: "MUST",
    budget: 10_000,
  }, async (t: Context, meet) => {
    const frameTimeout = 500;
    const { probe, peer } = await meet([
      { do: "text", text: "a" },
      { do: "hold" },
      { do: "text", text: "b\n" },
      { do: "fin" },
    ], { frameTimeout, terminator: "\n", foundTerminator() {} });
    await probe.told("data");
    probe.chat.pause();
    await peer.release();
    await passing(2 * frameTimeout);
    probe.chat.resume();
    await probe.told("found");
    const { reason } = await probe.closed;
    t.equal([reason, probe.received], ["ended", 2], "how it ended, and the bytes told");
    needErrors(t, probe.errors, [], "errors told");
  }),
];

/** Fails unless the conversation ends by an idle timeout, in time. */
async function needTimedOut(
  t: Context,
  probe: Probe,
  last: () => number,
  timeout: number,
): Promise<void> {
  const { reason, error } = await probe.closed;
  needWithin(t, performance.now() - last(), timeout);
  t.equal([reason, kindOf(error)], ["timeout", "timeout"], "the report");
  needErrors(t, probe.errors, [], "errors told beside the report");
}

function needWithin(t: Context, elapsed: number, timeout: number): void {
  t.info("milliseconds beyond the timeout", Math.round(elapsed - timeout));
  t.need(elapsed > timeout - EARLY, `timed out after ${elapsed} ms, before its time`);
  t.need(elapsed <= 1.25 * timeout + 50, `timed out only after ${elapsed} ms`);
}

/** Steps that send the text so many times, each time when they are released. */
function dripping(text: string, times: number): Step[] {
  const step: readonly Step[] = [{ do: "hold" }, { do: "text", text }];
  return Array.from({ length: times }, () => step).flat();
}

async function drip(peer: Peer, times: number, every: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await passing(every);
    await peer.release();
  }
}

/** Lets time pass, where time is what the case is about. */
function passing(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
