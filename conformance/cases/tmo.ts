/**
 * TMO: time runs out on a conversation that stands.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import type { Case, Context, Peer, Probe, Step } from "../case.ts";
import { hasEnded, kindOf, needErrors, seen, twins } from "./meeting.ts";
import { HOURS, watchTimers } from "./timers.ts";
import { Bounds, EARLY, passing, undisturbed } from "./timing.ts";

/** The cases of the clauses TMO. */
export const tmo: readonly Case[] = [
  ...twins(["TMO-1.1", "TMO-1.2"], {
    title:
      "an idle timeout comes within [T, 1.25 T + 50 ms] of the last byte that came, by our own timers",
    why: "A server that forgets its silent clients runs out of sockets.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const { probe, peer, bounds } = await undisturbed(t, 200, async (idleTimeout, gaps) => {
      const bounds = new Bounds(idleTimeout);
      const meeting = await meet([{ do: "text", text: "a" }, { do: "recv-end" }], {
        idleTimeout,
        handleConnect() {
          gaps.mark();
        },
        collectIncomingData() {
          bounds.begin();
        },
        handleTimeout(error) {
          gaps.mark();
          bounds.told();
          return AsyncChat.prototype.handleTimeout.call(this, error);
        },
      });
      await meeting.probe.told("data");
      return { ...meeting, bounds };
    });
    await needTimedOut(t, probe, bounds);
    t.equal(probe.log, ["connect", "data", "timeout", "close"], "hooks called");
    await seen(peer, hasEnded, "our end reaches the peer");
  }),
  ...twins(["TMO-1.3", "TMO-1.4"], {
    title:
      "an idle timeout comes within [T, 1.25 T + 50 ms] of the last byte that went, by our own timers",
    why: "A client that waits for an answer must learn that none will come.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const { probe, peer, bounds } = await undisturbed(t, 200, async (idleTimeout, gaps) => {
      const bounds = new Bounds(idleTimeout);
      let pushed = 0;
      const { probe, peer } = await meet([{ do: "recv-end" }], {
        idleTimeout,
        handleConnect() {
          gaps.mark();
          this.push("a");
          pushed = performance.now();
        },
        handleTimeout(error) {
          gaps.mark();
          bounds.told();
          return AsyncChat.prototype.handleTimeout.call(this, error);
        },
      });
      await gone(t, probe);
      bounds.begin(pushed);
      return { probe, peer, bounds };
    });
    await needTimedOut(t, probe, bounds);
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
    budget: 30_000,
  }, async (t: Context, meet) => {
    const times = 8;
    const { probe, bounds } = await undisturbed(t, 200, async (idleTimeout, gaps) => {
      const bounds = new Bounds(idleTimeout);
      const { probe, peer } = await meet([...dripping("a", times), { do: "recv-end" }], {
        idleTimeout,
        handleConnect() {
          gaps.mark();
        },
        collectIncomingData() {
          gaps.mark();
          bounds.begin();
        },
        handleTimeout(error) {
          gaps.mark();
          bounds.told();
          return AsyncChat.prototype.handleTimeout.call(this, error);
        },
      });
      await drip(probe, peer, times, idleTimeout / 4);
      await t.eventually(
        () => probe.received === times || probe.log.includes("timeout"),
        "all bytes have come",
      );
      t.equal(probe.received, times, "bytes that came before it was timed out");
      return { probe, bounds };
    });
    await needTimedOut(t, probe, bounds);
  }),
  ...twins(["TMO-2.3", "TMO-2.4"], {
    title: "every byte that goes restarts the idle timeout",
    why: "A long answer to a peer that only listens is work, not silence.",
    level: "MUST",
    budget: 30_000,
  }, async (t: Context, meet) => {
    const times = 8;
    const { probe, peer, bounds } = await undisturbed(t, 200, async (idleTimeout, gaps) => {
      const bounds = new Bounds(idleTimeout);
      const { probe, peer } = await meet([{ do: "recv-end" }], {
        idleTimeout,
        handleConnect() {
          gaps.mark();
        },
        handleTimeout(error) {
          gaps.mark();
          bounds.told();
          return AsyncChat.prototype.handleTimeout.call(this, error);
        },
      });
      for (let i = 0; i < times; i++) {
        await passing(idleTimeout / 4);
        const pushed = performance.now();
        probe.chat.push("a");
        await gone(t, probe);
        gaps.mark();
        bounds.begin(pushed);
      }
      return { probe, peer, bounds };
    });
    await needTimedOut(t, probe, bounds);
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
    const idleTimeout = 100, times: number[] = [];
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
    for (let i = 2; i < times.length; i++) {
      // A hook that the machine held up is nearer to the next; one of those before it was not.
      const since = times.slice(0, i).map((time, j) => times[i]! - time - (i - j) * idleTimeout);
      const early = -Math.max(...since);
      t.need(early < EARLY, `call ${i} came ${early} ms before its time`);
    }
    t.equal((await seen(peer, hasEnded, "our end")).text, "ping", "what the peer got");
  }),
  ...twins(["TMO-2.9", "TMO-2.10"], {
    title: "an idle timeout cuts a connection whose hook is not done, and is told when it is",
    why: "A hook that never settles would hold its socket for ever; two at once would break law 5.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let release = () => {};
    let timeouts = 0;
    const { probe, peer } = await undisturbed(t, 100, async (idleTimeout, gaps) => {
      const pending = new Promise<void>((resolve) => release = resolve);
      const meeting = await meet([{ do: "text", text: "a\nb\n" }, { do: "recv-end" }], {
        idleTimeout,
        terminator: "\n",
        handleConnect() {
          gaps.mark();
        },
        foundTerminator: () => pending,
        handleTimeout(error) {
          gaps.mark();
          timeouts++;
          this.abort(error);
        },
      });
      await meeting.probe.told("found");
      timeouts = 0;
      return meeting;
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
    budget: 25_000,
  }, async (t: Context, meet) => {
    // More of them than fit into the time that the frame has.
    const times = 16, enough = 4;
    const { probe, peer, bounds } = await undisturbed(t, 300, async (frameTimeout, gaps) => {
      const bounds = new Bounds(frameTimeout);
      let begun = false;
      const { probe, peer } = await meet(
        [...dripping("a", times), { do: "recv-end" }, { do: "fin" }],
        {
          frameTimeout,
          terminator: "\n",
          foundTerminator() {},
          collectIncomingData() {
            gaps.mark();
            if (!begun) bounds.begin();
            begun = true;
          },
          handleError(error) {
            gaps.mark();
            bounds.told();
            if (kindOf(error) === "timeout") this.push("too slow\n");
          },
        },
      );
      await drip(probe, peer, times, frameTimeout / 12);
      await probe.told("error");
      t.need(
        probe.received >= enough,
        `only ${probe.received} bytes dripped in: nothing was shown`,
      );
      return { probe, peer, bounds };
    }, 1 / enough);
    const { reason, error, incomplete } = await probe.closed;
    bounds.need(t);
    t.equal([reason, kindOf(error)], ["timeout", "timeout"], "the report");
    t.equal(incomplete?.received, probe.received, "bytes of the frame that was cut");
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "too slow\n", "what the peer got");
  }),
  ...twins(["TMO-3.3", "TMO-3.4"], {
    title: "frames that end in time are never cut, however close one follows the other",
    why: "A deadline that is not cleared cuts the busiest clients.",
    level: "MUST",
    budget: 30_000,
  }, async (t: Context, meet) => {
    const times = 8;
    const { probe, peer, frames, frameTimeout } = await undisturbed(
      t,
      200,
      async (frameTimeout, gaps) => {
        const frames: string[] = [];
        const { probe, peer } = await meet(
          // Each segment ends one frame and begins the next; the last ends the last.
          [{ do: "text", text: "a" }, ...dripping("b\na", times), { do: "text", text: "b\n" }, {
            do: "hold",
          }, { do: "fin" }],
          {
            frameTimeout,
            terminator: "\n",
            collectIncomingData(data) {
              gaps.mark();
              return AsyncChat.prototype.collectIncomingData.call(this, data);
            },
            foundTerminator() {
              frames.push(this.getText());
            },
            handleError(error) {
              gaps.mark();
              this.abort(error);
            },
          },
        );
        await drip(probe, peer, times, frameTimeout / 4);
        await probe.told("found", times + 1);
        return { probe, peer, frames, frameTimeout };
      },
    );
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
    budget: 25_000,
  }, async (t: Context, meet) => {
    // Of the two times in which we do read, before and after, neither may be half of it.
    const probe = await undisturbed(t, 200, async (frameTimeout, gaps) => {
      const { probe, peer } = await meet([
        { do: "text", text: "a" },
        { do: "hold" },
        { do: "text", text: "b\n" },
        { do: "fin" },
      ], {
        frameTimeout,
        terminator: "\n",
        collectIncomingData() {
          gaps.mark();
        },
        foundTerminator() {},
        handleError(error) {
          gaps.mark();
          this.abort(error);
        },
      });
      await probe.told("data");
      gaps.mark();
      probe.chat.pause();
      gaps.rest();
      await peer.release();
      await passing(2 * frameTimeout);
      gaps.rest();
      gaps.mark();
      probe.chat.resume();
      await probe.told("found");
      return probe;
    }, 1 / 2);
    const { reason } = await probe.closed;
    t.equal([reason, probe.received], ["ended", 2], "how it ended, and the bytes told");
    needErrors(t, probe.errors, [], "errors told");
  }),
];

/** Fails unless the conversation ends by an idle timeout, in time. */
async function needTimedOut(t: Context, probe: Probe, bounds: Bounds): Promise<void> {
  const { reason, error } = await probe.closed;
  bounds.need(t);
  t.equal([reason, kindOf(error)], ["timeout", "timeout"], "the report");
  needErrors(t, probe.errors, [], "errors told beside the report");
}

/** Waits until the system has taken all that was pushed; fails when it was timed out before. */
async function gone(t: Context, { chat, log }: Probe): Promise<void> {
  await t.eventually(() => chat.bytesQueued === 0 || log.includes("timeout"), "it is sent");
  t.equal(log.includes("timeout"), false, "whether it was timed out before");
}

/** Steps that send the text so many times, each time when they are released. */
function dripping(text: string, times: number): Step[] {
  const step: readonly Step[] = [{ do: "hold" }, { do: "text", text }];
  return Array.from({ length: times }, () => step).flat();
}

async function drip(probe: Probe, peer: Peer, times: number, every: number): Promise<void> {
  for (let i = 0; i < times && !probe.log.includes("close"); i++) {
    await passing(every);
    await peer.release();
  }
}
