/**
 * CLS: closing.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import {
  ascii,
  fill,
  hasEnded,
  KIB,
  kindOf,
  type Meet,
  MIB,
  needErrors,
  needWhole,
  seen,
  twins,
} from "./meeting.ts";
import { closeOverUnread, quitIsLast } from "./shared.ts";
import { EARLY, undisturbed } from "./timing.ts";

/** The cases of the clauses CLS. */
export const cls: readonly Case[] = [
  ...twins(["CLS-1.1", "CLS-1.2"], {
    title: "closeWhenDone() behind 8 MiB, to a slow reader: the peer counts every byte, then a FIN",
    why: "A close that cuts the tail off is the oldest bug of socket libraries.",
    level: "MUST",
    budget: 20_000,
  }, async (t: Context, meet) => {
    const size = 8 * MIB;
    const { probe, peer } = await meet([
      { do: "pause" },
      { do: "hold" },
      { do: "resume", rate: 32 * MIB },
      { do: "recv-end" },
      { do: "fin" },
    ]);
    fill(t, probe.chat, size);
    probe.chat.closeWhenDone();
    await t.settle();
    t.equal(probe.log.includes("close"), false, "whether the close was told before the end");
    await peer.release();
    const { reason, bytesUnsent, error } = await probe.closed;
    t.equal([reason, bytesUnsent, error], ["closed", 0, undefined], "the report");
    await needWhole(t, peer, size);
  }),
  ...twins(["CLS-2.1", "CLS-2.2"], {
    title:
      "closeWhenDone() over unread input keeps the tail: the peer counts every byte, then a FIN",
    why:
      "A socket closed over unread input resets, and the reset destroys what is still under way.",
    level: "MUST",
    budget: 20_000,
  }, (t, meet) => closeOverUnread(t, meet, MIB)),
  ...twins(["CLS-2.3", "CLS-2.4"], {
    title: "closeWhenDone() to a peer that goes on sending keeps the tail, and drops what comes",
    why: "An error answer to an upload must arrive, although nobody reads the upload any more.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([
      { do: "send", bytes: 16 * MIB },
      { do: "recv-end" },
      { do: "fin" },
    ], {
      collectIncomingData() {
        if (!this.session.canPush) return;
        this.push("too much, go away\n");
        this.closeWhenDone();
      },
    });
    const { reason } = await probe.closed;
    t.equal(reason, "closed", "how it ended");
    const { text, fin, reset, sent } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal([text, fin, reset], ["too much, go away\n", true, false], "answer, FIN and reset seen");
    t.equal(sent, 16 * MIB, "bytes that the peer could send");
  }),
  ...twins(["CLS-3.1", "CLS-3.2"], {
    title: "closeWhenDone() waits for the producers that are queued",
    why: "The answer that is still being produced is the one that matters.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe: { chat, closed }, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
    chat.push("a");
    chat.pushWithProducer((async function* () {
      await t.settle();
      yield "b";
      await t.settle();
      yield ascii("c");
    })());
    chat.pushWithProducer(["d", "e"]);
    chat.closeWhenDone();
    const { reason, bytesUnsent } = await closed;
    t.equal([reason, bytesUnsent], ["closed", 0], "the report");
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "abcde", "what the peer got");
  }),
  ...twins(["CLS-3.3", "CLS-3.4"], {
    title: "closeWhenDone() in the first hook sends what was pushed there, then a FIN",
    why: "A server that only says the time, or that it is full, is written like that.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const text of ["full\n", ""]) {
      const { probe, peer } = await meet([{ do: "recv-end" }, { do: "fin" }], {
        handleConnect() {
          this.push(text);
          this.closeWhenDone();
        },
      });
      const { reason } = await probe.closed;
      t.equal(reason, "closed", "how it ended");
      const got = await seen(peer, hasEnded, "our end reaches the peer");
      t.equal([got.text, got.fin, got.reset], [text, true, false], "bytes, FIN and reset seen");
    }
  }),
  ...twins(["CLS-4.1", "CLS-4.2"], {
    title: "the close is told once, however it ended and whatever is called afterwards",
    why: "Counters and pools are kept in that hook.",
    level: "MUST",
  }, async (t: Context, meet) => {
    await onceAndForAll(t, meet, "close", "closed");
    await onceAndForAll(t, meet, "closeWhenDone", "closed");
    await onceAndForAll(t, meet, "abort", "aborted");
    await onceAndForAll(t, meet, "peer", "ended");
  }),
  ...twins(["CLS-5.1", "CLS-5.2"], {
    title:
      "a peer that never reads what is to be sent before the close is cut off after closeTimeout",
    why: "Else every stalled peer keeps its socket, and its queue, for ever.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const closeTimeout = 300;
    const { probe } = await meet([{ do: "pause" }], { closeTimeout, handleError() {} });
    fill(t, probe.chat, 8 * MIB);
    const begun = performance.now();
    probe.chat.closeWhenDone();
    const { reason, error, bytesUnsent } = await probe.closed;
    const elapsed = performance.now() - begun;
    t.equal(reason, "timeout", "how it ended");
    t.equal(kindOf(error), "timeout", "the error's kind");
    needErrors(t, probe.errors, [error], "errors told");
    t.need(bytesUnsent > 0, "the report says that everything was sent");
    t.need(elapsed > closeTimeout - EARLY, `cut off after ${elapsed} ms, before its time`);
  }),
  ...twins(["CLS-5.3", "CLS-5.4"], {
    title: "a peer that never ends its side after our FIN is cut off after closeTimeout",
    why: "Else every peer that forgets to close keeps its socket for ever.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const closeTimeout = 200;
    const { probe, peer } = await meet([{ do: "recv-end" }], { closeTimeout, handleError() {} });
    probe.chat.push("bye");
    await seen(peer, ({ received }) => received === 3, "what is sent before the close");
    const begun = performance.now();
    probe.chat.closeWhenDone();
    const { reason, error, bytesUnsent } = await probe.closed;
    const elapsed = performance.now() - begun;
    t.equal([reason, bytesUnsent], ["timeout", 0], "the report");
    t.equal(kindOf(error), "timeout", "the error's kind");
    needErrors(t, probe.errors, [error], "errors told");
    t.need(elapsed > closeTimeout - EARLY, `cut off after ${elapsed} ms, before its time`);
    t.equal((await seen(peer, hasEnded, "our end")).text, "bye", "what the peer got");
  }),
  {
    id: "CLS-5.5",
    title: "a close that makes progress is not cut off, however long it takes",
    why: "A deadline for the whole would cut large answers to slow peers.",
    level: "MUST",
    role: "client",
    budget: 30_000,
    async run(t: Context) {
      const size = 24 * MIB, slow = 11 * MIB, stream = t.stream();
      const peer = await undisturbed(t, 400, async (closeTimeout, gaps) => {
        const peer = await t.peer([
          { do: "pause" },
          // Slow for longer than that, and only while we can see that it reads: the system holds
          // less than what is left then.
          { do: "resume", rate: slow / (1.15 * closeTimeout / 1000) },
          { do: "recv", bytes: slow },
          { do: "resume" },
          { do: "recv-end" },
          { do: "fin" },
        ]);
        const probe = await t.open(peer, {
          closeTimeout,
          handleError() {
            gaps.mark();
          },
        });
        const begun = performance.now();
        probe.chat.pushWithProducer((function* () {
          for (let at = 0; at < size; at += 64 * KIB) {
            gaps.mark();
            yield stream.slice(at, at + 64 * KIB);
          }
        })());
        probe.chat.closeWhenDone();
        const { reason } = await probe.closed;
        const elapsed = performance.now() - begun;
        t.equal(reason, "closed", "how it ended");
        t.info("longest time without progress, ms", Math.round(gaps.longest));
        t.need(elapsed > closeTimeout, `it took only ${elapsed} ms: nothing was shown`);
        return peer;
      });
      await needWhole(t, peer, size);
    },
  },
  ...twins(["CLS-6.1", "CLS-6.2"], {
    title: "close() in a hook is the last that is told, also when frames that came are waiting",
    why: "After QUIT no further command is carried out.",
    level: "MUST",
  }, quitIsLast),
];

/** Ends a conversation in one of the ways, and then calls everything there is. */
async function onceAndForAll(
  t: Context,
  meet: Meet,
  how: "close" | "closeWhenDone" | "abort" | "peer",
  expected: string,
): Promise<void> {
  const { probe, peer } = await meet([{ do: "hold" }, { do: "fin" }]);
  const { chat } = probe;
  if (how === "peer") await peer.release();
  else chat[how]();
  if (how === "closeWhenDone") await peer.release();
  const { reason } = await probe.closed;
  t.equal(reason, expected, `how it ended by ${how}`);

  chat.closeWhenDone();
  chat.close();
  chat.abort(new Error("too late"));
  chat.end();
  chat.pause();
  chat.resume();
  chat.discardBuffers();
  chat.setTerminator("\n");
  chat.resumeProducers();
  await t.rejects(() => chat.push("?"), "closed", `push after ${how}`);
  await t.rejects(() => chat.pushWithProducer(["?"]), "closed", `pushWithProducer after ${how}`);
  await t.rejects(() => chat.drained(), "closed", `drained() after ${how}`);
  await t.settle();
  t.equal(probe.log.filter((hook) => hook === "close").length, 1, `closes told after ${how}`);
  t.equal(probe.log.at(-1), "close", `the last hook after ${how}`);
  t.equal((await chat.closed).reason, expected, `the report after ${how}`);
}
