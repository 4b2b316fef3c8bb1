/**
 * BP: backpressure, in both directions.
 *
 * @module
 */

import type { AsyncChat } from "../../core/async_chat.ts";
import type { Case, Context } from "../case.ts";
import { fill, KIB, MIB, MORE_THAN_FITS, needWhole, standstill, twins } from "./meeting.ts";
import { boundedQueue, pausedReader } from "./shared.ts";

/** The cases of the clauses BP. */
export const bp: readonly Case[] = [
  ...twins(["BP-1.1", "BP-1.2"], {
    title: "against a peer that does not read, push answers false and the queue stays bounded",
    why: "A slow client must cost the server a socket, not its memory.",
    level: "MUST",
    budget: 15_000,
  }, boundedQueue),
  ...twins(["BP-2.1", "BP-2.2"], {
    title: "against a peer that does not read, a producer is asked for one part more than has gone",
    why: "A file that is sent to a slow client must not be read into memory.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const part = 48 * KIB;
    const { probe: { chat }, peer } = await meet(
      [{ do: "pause" }, { do: "hold" }, { do: "resume" }, { do: "recv-end" }, { do: "fin" }],
    );
    const stream = t.stream();
    let asked = 0, most = 0, enough = false;
    chat.pushWithProducer({
      more() {
        most = Math.max(most, chat.bytesQueued);
        if (enough || asked * part >= MORE_THAN_FITS) return null;
        const start = asked++ * part;
        return stream.slice(start, start + part);
      },
    });
    await standstill(t, () => asked);
    enough = true;
    t.need(asked * part < MORE_THAN_FITS, `asked for ${asked} parts, and nobody reads`);
    t.need(chat.bytesQueued <= part, `${chat.bytesQueued} bytes wait: more than one part`);
    t.equal(most, 0, "bytes that waited when it was asked for more");
    await peer.release();
    chat.closeWhenDone();
    await chat.closed;
    await needWhole(t, peer, asked * part);
  }),
  ...twins(["BP-3.1", "BP-3.2"], {
    title: "after pause() nothing is told and the peer stalls; after resume() nothing is missing",
    why: "Whoever asks for a break must not be handed the rest into memory.",
    level: "MUST",
    budget: 20_000,
  }, (t, meet) => pausedReader(t, meet, MORE_THAN_FITS)),
  ...twins(["BP-4.1", "BP-4.2"], {
    title: "1,000 times pause() and resume(), in hooks and outside, lose nothing",
    why: "A proxy does it with every chunk, for days.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const size = 8 * MIB, frame = 4_099;
    let toggles = 0;
    const toggle = (chat: AsyncChat) => {
      toggles++;
      chat.pause();
      const where = t.random();
      if (where < 0.5) chat.resume();
      else if (where < 0.9) queueMicrotask(() => chat.resume());
      else setTimeout(() => chat.resume(), 0);
    };
    const { probe } = await meet([{ do: "send", bytes: size }, { do: "fin" }], {
      terminator: frame,
      collectIncomingData() {
        toggle(this);
      },
      foundTerminator() {
        this.setTerminator(frame);
        toggle(this);
      },
    }, { checked: true });
    let over = false;
    void probe.closed.then(() => over = true);
    while (!over || toggles < 1_000) {
      for (let i = 0; i < 10; i++) {
        probe.chat.pause();
        toggles++;
        if (t.random() < 0.5) await Promise.resolve();
        probe.chat.resume();
      }
      await t.settle();
    }
    t.equal(probe.received, size, "bytes told");
  }),
  ...twins(["BP-5.1", "BP-5.2"], {
    title: "a push that answers false is sent all the same, and is followed by one drain",
    why: "A writer that waits for a drain too many hangs; one that resends sends twice.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const rounds = 20, piece = 16 * KIB;
    const { probe, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
    const { chat } = probe, stream = t.stream();
    let at = 0;
    const push = () => chat.push(stream.slice(at, at += piece));
    for (let round = 1; round <= rounds; round++) {
      while (push());
      push();
      await probe.told("drain", round);
    }
    await t.settle();
    t.equal(probe.log.filter((hook) => hook === "drain").length, rounds, "drains told");
    chat.closeWhenDone();
    await probe.closed;
    await needWhole(t, peer, at);
  }),
  ...twins(["BP-6.1", "BP-6.2"], {
    title: "a peer that reads 9 MiB a second gets all of 9 MiB",
    why: "Between never and at once lies where everybody lives.",
    level: "MUST",
    budget: 20_000,
  }, async (t: Context, meet) => {
    const size = 9 * MIB;
    const { probe, peer } = await meet([
      { do: "pause" },
      { do: "resume", rate: 9 * MIB },
      { do: "recv-end" },
      { do: "fin" },
    ]);
    const { chat } = probe;
    fill(t, chat, size);
    await chat.drained();
    t.need(chat.bytesQueued <= 32 * KIB, `drained, with ${chat.bytesQueued} bytes queued`);
    chat.closeWhenDone();
    await probe.closed;
    await needWhole(t, peer, size);
  }),
  ...twins(["BP-7.1", "BP-7.2"], {
    title: "an echo whose hook waits for drained() passes 16 MiB on, to a peer that reads slowly",
    why:
      "That is how one writes a proxy, and it must neither hang nor hold more than a few chunks.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const size = 16 * MIB;
    // Less than a chunk, so that it has to wait, however quick the peer is beside us.
    const highWaterMark = 16 * KIB, lowWaterMark = 8 * KIB;
    let most = 0, waits = 0;
    const { probe, peer } = await meet([
      { do: "resume", rate: 32 * MIB },
      { do: "send", bytes: size },
      { do: "recv", bytes: size },
      { do: "fin" },
    ], {
      highWaterMark,
      lowWaterMark,
      async collectIncomingData(data) {
        const goOn = this.push(data);
        most = Math.max(most, this.bytesQueued);
        if (goOn) return;
        waits++;
        await this.drained();
      },
    }, { checked: true });
    const { reason } = await probe.closed;
    t.equal(reason, "ended", "how it ended");
    t.need(waits > 0, "the hook never had to wait: nothing was shown");
    t.need(most < 2 * MIB, `${most} bytes were queued at a time`);
    await needWhole(t, peer, size);
  }),
];
