/**
 * ABT: aborting.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { fill, hasEnded, kindOf, MIB, needErrors, seen, standstill, twins } from "./meeting.ts";
import { actingIn, type HookName, runToHook } from "./acting.ts";

/** The cases of the clauses ABT. */
export const abt: readonly Case[] = [
  ...twins(["ABT-1.1", "ABT-1.2"], {
    title:
      "abort() with a read and a write pending drops what is queued, and the peer sees the end",
    why: "Who gives up gives up now, and the peer must not wait for the rest.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = 8 * MIB;
    const { probe, peer } = await meet([{ do: "pause" }, { do: "hold" }, { do: "resume" }]);
    fill(t, probe.chat, size);
    const queued = await standstill(t, () => probe.chat.bytesQueued);
    t.need(queued > 0, "the system took everything: nothing is left to drop");
    const why = new Error("enough");
    probe.chat.abort(why);
    const { reason, error, bytesUnsent } = await t.within(probe.closed, 2_000, "the close");
    t.equal(reason, "aborted", "how it ended");
    needErrors(t, [error], [why], "the error of the report");
    t.equal(bytesUnsent, queued, "bytes reported as not sent");
    await peer.release();
    const { received, wrong, open } = await seen(peer, hasEnded, "the peer sees the end");
    t.need(received < size, "the peer got everything");
    if (open) t.equal(wrong, undefined, "the first wrong byte at the peer");
  }),
  ...twins(["ABT-2.1", "ABT-2.2"], {
    title: "abort() with reset shows the peer a reset, not an end",
    why: "An answer that failed half-way must not look complete.",
    level: "SHOULD",
    needs: ["reset"],
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([]);
    probe.chat.push("half an answ");
    await seen(peer, ({ received }) => received > 0, "what went out before");
    probe.chat.abort(undefined, { reset: true });
    const { reason, error } = await probe.closed;
    t.equal(reason, "aborted", "how it ended");
    t.equal(kindOf(error), "aborted", "the error's kind");
    const { reset, fin } = await seen(peer, hasEnded, "the peer sees the end");
    t.equal([reset, fin], [true, false], "whether the peer saw a reset, and whether a FIN");
  }),
  ...twins(["ABT-3.1", "ABT-3.2"], {
    title: "abort(), twice, inside each hook closes once, with the first reason, and tells no more",
    why: "Errors are found everywhere, and everywhere the remedy is the same.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const where of HOOKS) {
      const why = new Error(`aborted in ${where}`);
      const probe = await runToHook(
        meet,
        where,
        actingIn(where, (chat) => {
          chat.abort(why);
          chat.abort(new Error("again"));
        }),
      );
      const { reason, error } = await probe.closed;
      t.equal(reason, where === "close" ? "ended" : "aborted", `how it ended in ${where}`);
      needErrors(t, [error], [where === "close" ? undefined : why], `the error after ${where}`);
      const last = where === "close" ? ["close"] : [where, "close"];
      t.equal(probe.log.slice(-last.length), last, `the last hooks after ${where}`);
      t.equal(probe.log.filter((hook) => hook === "close").length, 1, `closes told in ${where}`);
    }
  }),
  ...twins(["ABT-4.1", "ABT-4.2"], {
    title: "after abort() no hook but the close is called, and every queued producer is told once",
    why: "Files stay open, and queries go on, when nobody tells their producer.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const told: string[] = [];
    const frames: string[] = [];
    let reasonTold: unknown;
    const why = new Error("enough");
    const { probe } = await meet([{ do: "text", text: "a\nb\nc\n" }, { do: "fin" }], {
      terminator: "\n",
      handleConnect() {
        this.pushWithProducer({
          more: () => new Promise<string>(() => {}),
          cancel(reason) {
            told.push("more");
            reasonTold = reason;
          },
        });
        this.pushWithProducer({
          [Symbol.iterator]: () => ({
            next: () => ({ done: false, value: "?" }),
            return() {
              told.push("iterable");
              return { done: true, value: undefined };
            },
          }),
        });
        this.pushWithProducer({
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.resolve({ done: false, value: "?" }),
            return() {
              told.push("async iterable");
              return Promise.resolve({ done: true, value: undefined });
            },
          }),
        });
        this.pushWithProducer(
          new ReadableStream({
            cancel() {
              told.push("stream");
            },
          }),
        );
      },
      foundTerminator() {
        frames.push(this.getText());
        this.abort(why);
      },
    });
    await probe.closed;
    await t.settle();
    t.equal(frames, ["a"], "frames told");
    t.equal(probe.log, ["connect", "data", "found", "close"], "hooks called");
    t.equal(told, ["more", "iterable", "async iterable", "stream"], "producers told");
    t.need(reasonTold === why, `the producer was told another reason: ${reasonTold}`);
  }),
];

const HOOKS: readonly HookName[] = [
  "connect",
  "data",
  "found",
  "drain",
  "end",
  "exception",
  "close",
];
