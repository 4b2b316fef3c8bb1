/**
 * MANY: many connections.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { ECHO, hasEnded, MIB } from "./meeting.ts";

/** The cases of the clauses MANY. */
export const many: readonly Case[] = [
  {
    id: "MANY-1.1",
    title: "1,000 connections at once each get their own bytes back",
    why: "State that is shared by mistake shows only when conversations overlap.",
    level: "MUST",
    role: "client",
    budget: 30_000,
    async run(t: Context) {
      const count = 1_000;
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const answers: string[] = [];
      const probes = await Promise.all(
        Array.from({ length: count }, (_, i) =>
          t.open(peer, {
            terminator: "\n",
            foundTerminator() {
              answers[i] = this.getText();
              this.closeWhenDone();
            },
          })),
      );
      await peer.until(
        ({ accepted, connections }) => accepted === count && connections.every(({ open }) => open),
        "all stand at the same time",
      );
      // In two halves, so that every conversation has a frame under way at the same time.
      for (const [i, { chat }] of probes.entries()) chat.push(`${"x".repeat(i)} `);
      await t.eventually(() => probes.every(({ received }, i) => received > i), "every first half");
      for (const [i, { chat }] of probes.entries()) chat.push(`${i}\n`);
      const reports = await Promise.all(probes.map(({ closed }) => closed));
      t.equal(reports.filter(({ reason }) => reason !== "closed").length, 0, "bad ends");
      const wrong = answers.findIndex((answer, i) => answer !== `${"x".repeat(i)} ${i}`);
      t.equal([answers.length, wrong], [count, -1], "answers, and the first that is wrong");
    },
  },
  {
    id: "MANY-1.2",
    title: "1,000 callers at once are each served their own bytes",
    why: "State that is shared by mistake shows only when conversations overlap.",
    level: "MUST",
    role: "server",
    budget: 30_000,
    async run(t: Context) {
      const count = 1_000;
      const listening = await t.listen((index) => ({
        terminator: "\n",
        foundTerminator() {
          this.push(`${this.getText()}, ${index}`);
          this.closeWhenDone();
        },
      }));
      const peer = await t.dial(
        listening.target,
        [
          { do: "hold" },
          { do: "text", text: "you " },
          { do: "hold" },
          { do: "text", text: "are\n" },
          { do: "recv-end" },
          { do: "fin" },
        ],
        count,
      );
      await listening.accepted(count);
      const { connections: before } = await peer.report();
      t.equal(before.filter(({ open }) => open).length, count, "connections at the same time");
      await peer.release();
      const half = () => listening.probes.every(({ received }) => received === 4);
      await t.eventually(half, "every first half, so that each has a frame under way");
      await peer.release();
      const { connections } = await peer.until(
        (report) => report.connections.every(hasEnded),
        "all are served",
      );
      const answers = new Set(connections.map(({ text }) => text));
      const missing = Array.from({ length: count }, (_, i) => `you are, ${i}`)
        .filter((answer) => !answers.has(answer));
      t.equal(missing, [], "answers that nobody got");
      t.equal(answers.size, count, "different answers");
    },
  },
  {
    id: "MANY-2.1",
    title: "1,000 connections one after the other are each served, and none is left",
    why: "A leak of one socket a connection is a restart a night.",
    level: "MUST",
    role: "client",
    budget: 30_000,
    async run(t: Context) {
      const count = 1_000;
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      for (let i = 0; i < count; i++) {
        const probe = await t.open(peer);
        probe.chat.push("?");
        probe.chat.end();
        const { reason } = await probe.closed;
        t.equal([reason, probe.received], ["closed", 1], `connection ${i}`);
      }
      const { accepted } = await peer.until(
        ({ connections }) => connections.every(({ open }) => !open),
        "none is left",
      );
      t.equal(accepted, count, "connections accepted");
    },
  },
  {
    id: "MANY-2.2",
    title: "1,000 callers in ten waves are each served, and none is left",
    why: "A leak of one socket a connection is a restart a night.",
    level: "MUST",
    role: "server",
    budget: 30_000,
    async run(t: Context) {
      const listening = await t.listen(() => ECHO);
      for (let wave = 1; wave <= 10; wave++) {
        const peer = await t.dial(
          listening.target,
          [{ do: "text", text: "?" }, { do: "recv", bytes: 1 }, { do: "fin" }],
          100,
        );
        await peer.until(
          ({ accepted, connections }) => accepted === 100 && connections.every(({ open }) => !open),
          `wave ${wave} is served and gone`,
        );
      }
      await listening.accepted(1_000);
      const reports = await Promise.all(listening.probes.map(({ closed }) => closed));
      t.equal(reports.filter(({ reason }) => reason !== "ended").length, 0, "bad ends");
      t.equal(listening.listener?.connections ?? 0, 0, "connections that the listener counts");
    },
  },
  {
    id: "MANY-3.1",
    title: "how long a question waits for its answer beside a stream of 64 MiB",
    why: "One busy conversation should not starve the others.",
    level: "INFO",
    role: "client",
    budget: 30_000,
    async run(t: Context) {
      const size = 64 * MIB;
      const source = await t.peer([{ do: "send", bytes: size }, { do: "fin" }]);
      const echo = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const waits: number[] = [];
      let over = false, asked = performance.now();
      const pinging = await t.open(echo, {
        handleConnect() {
          this.push("?");
        },
        collectIncomingData() {
          const now = performance.now();
          waits.push(now - asked);
          asked = now;
          if (!over) this.push("?");
        },
      });
      const streaming = await t.open(source);
      await streaming.closed;
      over = true;
      pinging.chat.closeWhenDone();
      await pinging.closed;
      waits.sort((one, two) => one - two);
      const share = (part: number) => round(waits[Math.floor(waits.length * part)] ?? NaN);
      t.info("questions", waits.length);
      t.info("median, ms", share(0.5));
      t.info("99 of 100 below, ms", share(0.99));
    },
  },
];

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
