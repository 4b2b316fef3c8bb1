/**
 * RST: resets.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { fill, KIB, kindOf, type Meet, MIB, seen, standstill, twins } from "./meeting.ts";

/** The cases of the clauses RST. */
export const rst: readonly Case[] = [
  ...twins(["RST-1.1", "RST-1.2"], {
    title: "a reset is told as a reset, with an error, and never as an end",
    why: "A transfer that was cut must not look like one that is complete.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = 1_000;
    const { probe, peer } = await meet(
      [{ do: "send", bytes: size }, { do: "hold" }, { do: "reset" }],
      {},
      { checked: true },
    );
    await t.eventually(() => probe.received === size, "everything before the reset is told");
    await peer.release();
    const { reason, error } = await probe.closed;
    t.equal(reason, "reset", "how it ended");
    t.equal(kindOf(error), "reset", "the error's kind");
    t.equal(probe.log, ["connect", "data", "close"], "hooks called");
  }),
  ...twins(["RST-1.3", "RST-1.4"], {
    title: "a reset inside a frame is told as a reset, and the frame never",
    why: "A command that was cut in the middle must not be carried out.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet(
      [{ do: "text", text: "whole\nhalf" }, { do: "hold" }, { do: "reset" }],
      { terminator: "\n", foundTerminator() {} },
    );
    await t.eventually(() => probe.received === 9, "everything before the reset is told");
    await peer.release();
    t.equal((await probe.closed).reason, "reset", "how it ended");
    t.equal(probe.log, ["connect", "data", "found", "data", "close"], "hooks called");
  }),
  ...twins(["RST-2.1", "RST-2.2"], {
    title: 'a reset while we write closes with kind "reset", throws nothing, and ends the producer',
    why: "A peer that goes away during an answer is the most common failure of a server.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let cancelled = 0;
    const piece = new Uint8Array(32 * KIB);
    const { probe } = await meet([{ do: "recv", bytes: 100_000 }, { do: "reset" }], {
      handleConnect() {
        this.pushWithProducer({
          more: () => piece,
          cancel() {
            cancelled++;
          },
        });
      },
    });
    const { reason, error } = await probe.closed;
    t.equal(reason, "reset", "how it ended");
    t.equal(kindOf(error), "reset", "the error's kind");
    t.equal(cancelled, 1, "times the producer was told");
    t.equal(probe.errors, [], "errors told by other hooks");
    await t.rejects(() => probe.chat.push("?"), "closed", "a push after the close");
  }),
  ...twins(["RST-2.3", "RST-2.4"], {
    title: 'a reset while a full queue waits for the peer closes with kind "reset"',
    why: "The peer that does not read is also the one that is killed.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([{ do: "pause" }, { do: "hold" }, { do: "reset" }], {
      handleConnect() {
        fill(t, this, 8 * MIB);
      },
    });
    await standstill(t, () => probe.chat.bytesQueued);
    await peer.release();
    const { reason, error } = await probe.closed;
    t.equal(reason, "reset", "how it ended");
    t.equal(kindOf(error), "reset", "the error's kind");
  }),
  ...twins(["RST-3.1", "RST-3.2"], {
    title: "what came before a reset is told although reading was paused, and then the reset",
    why: "The last words of a peer often say why it went.",
    level: "MUST",
    needs: ["dataBeforeReset"],
  }, async (t: Context, meet) => {
    const probe = await resetWhilePaused(t, meet);
    t.equal((await probe.closed).reason, "reset", "how it ended");
    t.equal(probe.received, 5, "bytes told");
  }),
  ...contrary(["RST-3.3", "RST-3.4"]),
  ...twins(["RST-4.1", "RST-4.2"], {
    title: "a reset after our FIN is told as a reset, not as an orderly end",
    why: "We had said all, and do not know whether it was heard.",
    level: "SHOULD",
  }, async (t: Context, meet) => {
    const { probe } = await meet([{ do: "recv-end" }, { do: "reset" }]);
    probe.chat.push("?");
    probe.chat.end();
    t.equal((await probe.closed).reason, "reset", "how it ended");
    t.equal(probe.log, ["connect", "close"], "hooks called");
  }),
  ...twins(["RST-5.1", "RST-5.2"], {
    title: "the close report counts the bytes that were not handed to the system",
    why: "Whoever resends must know that there is something to resend.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = 8 * MIB;
    const { probe, peer } = await meet([{ do: "pause" }, { do: "hold" }, { do: "reset" }], {
      handleConnect() {
        fill(t, this, size);
      },
    });
    const queued = await standstill(t, () => probe.chat.bytesQueued);
    t.need(queued > 0 && queued < size, `${queued} of ${size} bytes wait: nothing to tell apart`);
    await peer.release();
    t.equal((await probe.closed).bytesUnsent, queued, "bytes reported as not sent");
  }),
  ...twins(["RST-6.1", "RST-6.2"], {
    title: "a reset that comes together with the last bytes is told as a reset, not as an end",
    why: "Some systems find both at once, and then say that it was an end.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (let round = 0; round < 5; round++) {
      const { probe } = await meet(
        [{ do: "recv", bytes: 1 }, { do: "send", bytes: 1_000 }, { do: "reset" }],
        {
          handleConnect() {
            this.push("?");
          },
        },
        { checked: true },
      );
      t.equal((await probe.closed).reason, "reset", "how it ended");
      t.equal(probe.log.includes("end"), false, "whether an end was told");
    }
  }),
];

/** Where what was read ahead is lost with the reset, the reset itself is still told. */
function contrary(ids: readonly [string, string]): readonly Case[] {
  return twins(ids, {
    title:
      "a reset while reading was paused is told as a reset at the latest on resume, not as an end",
    why: "Some of what came before may be lost with it, but never in silence.",
    level: "MUST",
    lacks: "dataBeforeReset",
  }, async (t: Context, meet) => {
    const probe = await resetWhilePaused(t, meet);
    t.equal((await probe.closed).reason, "reset", "how it ended");
    t.equal(probe.log.includes("end"), false, "whether an end was told");
  });
}

async function resetWhilePaused(t: Context, meet: Meet) {
  const { probe, peer } = await meet(
    [{ do: "send", bytes: 5 }, { do: "hold" }, { do: "reset" }],
    {
      handleConnect() {
        this.pause();
      },
    },
    { checked: true },
  );
  await seen(peer, ({ sent }) => sent === 5, "the bytes before the reset");
  await t.settle();
  t.equal(probe.received, 0, "bytes told while paused");
  await peer.release();
  await seen(peer, ({ open }) => !open, "the reset");
  await t.settle();
  probe.chat.resume();
  return probe;
}
