/**
 * EOF: orderly ends.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { fill, MIB, needWhole, pour, standstill, twins } from "./meeting.ts";
import { cutFrames, inputAfterOurEnd, latePeer, unreadInput } from "./shared.ts";

/** The cases of the clauses EOF. */
export const eof: readonly Case[] = [
  ...twins(["EOF-1.1", "EOF-1.2"], {
    title: "the end is told once, after every byte",
    why: "Whoever takes the end for the end of the data cuts the data there.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = MIB;
    let received = 0;
    const atEnd: number[] = [];
    const { probe } = await meet([{ do: "send", bytes: size }, { do: "fin" }], {
      collectIncomingData(data) {
        received += data.length;
      },
      handleEnd() {
        atEnd.push(received);
        this.closeWhenDone();
      },
    }, { checked: true });
    await probe.closed;
    t.equal(atEnd, [size], "bytes told at each end that was told");
    t.equal(received, size, "bytes told in all");
  }),
  ...twins(["EOF-1.3", "EOF-1.4"], {
    title: "the end is told after every byte, also when the hooks are slow and the FIN is not",
    why: "A slow consumer is the one that has bytes left when the end comes.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = 100_000;
    let received = 0;
    const atEnd: number[] = [];
    const { probe } = await meet([{ do: "send", bytes: size }, { do: "fin" }], {
      async collectIncomingData(data) {
        if (received === 0) await t.settle();
        else await Promise.resolve();
        received += data.length;
      },
      handleEnd() {
        atEnd.push(received);
        this.closeWhenDone();
      },
    }, { checked: true });
    await probe.closed;
    t.equal(atEnd, [size], "bytes told at each end that was told");
  }),
  ...twins(["EOF-2.1", "EOF-2.2"], {
    title: "after the peer's FIN an answer of 1 MiB still arrives whole",
    why: "Half of all one-shot clients end their side when they have asked.",
    level: "MUST",
  }, latePeer),
  ...twins(["EOF-3.1", "EOF-3.2"], {
    title: "after our FIN, which the peer sees, we still receive 100,000 bytes",
    why: "That is how one says: this was the whole question.",
    level: "MUST",
  }, inputAfterOurEnd),
  ...twins(["EOF-4.1", "EOF-4.2"], {
    title: "by default the peer's FIN flushes all that is queued, and then closes",
    why: "The peer asked, ended its side and reads on: it wants the answer.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const size = 8 * MIB;
    const { probe, peer } = await meet(
      [{ do: "pause" }, { do: "fin" }, { do: "hold" }, { do: "resume" }],
      {
        handleConnect() {
          fill(t, this, size);
        },
      },
    );
    await probe.told("end");
    await standstill(t, () => probe.chat.bytesQueued);
    t.need(probe.chat.bytesQueued > 0, "the system took everything: nothing was left to flush");
    await peer.release();
    const { reason, bytesUnsent } = await probe.closed;
    t.equal(reason, "ended", "how it ended");
    t.equal(bytesUnsent, 0, "bytes reported as not sent");
    await needWhole(t, peer, size);
  }),
  ...twins(["EOF-5.1", "EOF-5.2"], {
    title: "an end inside a frame gives what came, no frame, and a report that says it was cut",
    why: "Half a command must not be carried out, and somebody must be told.",
    level: "MUST",
  }, cutFrames),
  {
    id: "EOF-6.1",
    title: "when both sides end at once, one end and one close are told",
    why: "Two paths lead to the same end then, and each wants to tell it.",
    level: "MUST",
    role: "client",
    async run(t: Context) {
      const peer = await t.peer([{ do: "hold" }, { do: "fin" }]);
      const probes = await Promise.all(Array.from({ length: 20 }, () => t.open(peer)));
      await peer.until(({ accepted }) => accepted === 20, "all are connected");
      const released = peer.release();
      for (const { chat } of probes) chat.closeWhenDone();
      await released;
      for (const probe of probes) {
        const { reason } = await probe.closed;
        t.need(reason === "closed" || reason === "ended", `it ended as ${reason}`);
        const ends = probe.log.filter((hook) => hook === "end").length;
        t.need(ends <= 1, `the end was told ${ends} times`);
        t.equal(probe.log.filter((hook) => hook === "close").length, 1, "times told of the close");
      }
    },
  },
  ...twins(["EOF-6.2", "EOF-6.3"], {
    title: "when the peer's FIN crosses our own half-close, the end is told once, then the close",
    why: "A half-closed conversation waits for exactly this.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([{ do: "hold" }, { do: "fin" }], { handleEnd() {} });
    const released = peer.release();
    probe.chat.end();
    await released;
    const { reason } = await probe.closed;
    t.need(reason === "closed" || reason === "ended", `it ended as ${reason}`);
    t.equal(probe.log, ["connect", "end", "close"], "hooks called");
  }),
  ...twins(["EOF-7.1", "EOF-7.2"], {
    title: "150,000 unread bytes before a FIN are all told before the end",
    why: "An event loop that looks at the hang-up first throws them away.",
    level: "MUST",
  }, (t, meet) => unreadInput(t, meet, 150_000)),
  ...twins(["EOF-7.3", "EOF-7.4"], {
    title: "8 MiB unread bytes before a FIN are all told before the end",
    why: "More than the system holds: the peer itself is still at it when we begin to read.",
    level: "MUST",
  }, (t, meet) => unreadInput(t, meet, 8 * MIB)),
  ...twins(["EOF-8.1", "EOF-8.2"], {
    title: "the close is told when both sides have ended, our end() first, without a close()",
    why: "A conversation that both have left must not stay open for ever.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe } = await meet([{ do: "recv-end" }, { do: "fin" }], { handleEnd() {} });
    probe.chat.end();
    const { reason, error, bytesUnsent } = await probe.closed;
    t.equal(probe.log, ["connect", "end", "close"], "hooks called");
    t.equal([reason, error, bytesUnsent], ["closed", undefined, 0], "the report");
  }),
  ...twins(["EOF-8.3", "EOF-8.4"], {
    title: "the close is told when both sides have ended, the peer's FIN first, without a close()",
    why: "A conversation that both have left must not stay open for ever.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([{ do: "fin" }], { handleEnd() {} });
    await probe.told("end");
    await t.settle();
    t.equal(probe.log, ["connect", "end"], "hooks called while our side is open");
    await pour(t, probe.chat, 1_000);
    probe.chat.end();
    const { reason, error, bytesUnsent } = await probe.closed;
    t.equal([reason, error, bytesUnsent], ["ended", undefined, 0], "the report");
    await needWhole(t, peer, 1_000);
  }),
];
