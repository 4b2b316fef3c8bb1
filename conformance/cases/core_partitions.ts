/**
 * The first law, on the runtime at hand: the same bytes, cut in every way, give the same result.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import type { Limits } from "../../core/limits.ts";
import type { Terminator } from "../../core/terminator.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import {
  everyString,
  randomFrom,
  type Segmented,
  verifySegmentation,
} from "../../core/testing/segmentation.ts";
import type { Case } from "../case.ts";

/** Frames, errors and the end of a conversation whose k-th frame is ended by the k-th terminator. */
function conversation(policy: readonly Terminator[], limits: Limits): Segmented {
  let frames = 0;
  const told: string[] = [];
  const chat = new AsyncChat({
    ...limits,
    terminator: policy[0]!,
    foundTerminator() {
      told.push(this.getText());
      frames++;
      if (policy.length > 1) this.setTerminator(policy[frames % policy.length]!);
    },
    handleError(error) {
      told.push(`${error.kind}!`);
    },
    handleClose(report) {
      told.push(`${this.getText()} ${report.reason} ${report.incomplete?.received ?? "whole"}`);
    },
  });
  const peer = new ManualPeer(chat);
  return {
    receive: (chunk) => peer.send(chunk),
    end: () => peer.end(),
    result: () => told,
  };
}

interface Job {
  readonly policy: readonly Terminator[];
  /** Pieces that texts are made of: together they come to every state of the search. */
  readonly pieces: readonly string[];
  /** Pieces in a text: enough for a frame of exactly the limit, or above it, and what ends it. */
  readonly length: number;
  /** The limit where there is one, in bytes. */
  readonly limit: number;
}

const JOBS: readonly Job[] = [
  { policy: ["\n"], pieces: ["\n", "x"], length: 5, limit: 3 },
  { policy: ["\r\n"], pieces: ["\r", "\n", "x"], length: 4, limit: 1 },
  { policy: ["aab"], pieces: ["a", "b", "xx"], length: 4, limit: 1 },
  { policy: ["\r\n.\r\n"], pieces: ["\r", ".", "\r\n", ".\r\n"], length: 3, limit: 1 },
  { policy: [["\r\n", "\n"]], pieces: ["\r", "\n", "x"], length: 4, limit: 1 },
  { policy: [["ab", "abc", "b"]], pieces: ["a", "b", "c"], length: 4, limit: 1 },
  { policy: [1], pieces: ["a", "bc"], length: 4, limit: 3 },
  { policy: [3], pieces: ["a", "bc"], length: 4, limit: 3 },
  { policy: ["\n", 2, "\r\n", null], pieces: ["\n", "x", "\r\n"], length: 4, limit: 2 },
  { policy: ["aab", 3, ["ab", "abc", "b"]], pieces: ["aab", "ab", "c"], length: 3, limit: 3 },
];

/** The cases. */
export const partitionCases: readonly Case[] = [
  ...JOBS.map(({ policy, pieces, length, limit }, index): Case => ({
    id: `SEG-1.${index + 1}`,
    title:
      `every text of ${length} out of ${JSON.stringify(pieces)}, cut in every way, gives one ` +
      `result: ${JSON.stringify(policy)}`,
    why: "TCP cuts as it likes; a parser that cares about it works in tests and fails in the field",
    level: "MUST",
    role: "core",
    budget: 20_000,
    run(t) {
      let ways = 0;
      for (const limits of withAndWithout(limit)) {
        for (const text of everyString(pieces, length)) {
          ways += verifySegmentation(text, () => conversation(policy, limits));
        }
      }
      t.info("ways", ways);
    },
  })),
  {
    id: "SEG-2.1",
    title: "a long conversation of lines and counted bodies, cut at random, gives one result",
    why: "what holds for short inputs must hold across large chunks and the fast search as well",
    level: "MUST",
    role: "core",
    budget: 20_000,
    run(t) {
      const random = randomFrom(t.seed);
      let text = "";
      while (text.length < 20_000) {
        text += "x\r\n.".charAt(Math.floor(random() * 4)).repeat(1 + random() * 90);
      }
      for (const policy of [["\r\n"], ["\r\n.\r\n"], ["\n", 64, ["\r\n", "\n", "\n\n"]]]) {
        verifySegmentation(text, () => conversation(policy, {}), { seed: t.seed, randomWays: 16 });
      }
    },
  },
];

function withAndWithout(maxFrameLength: number): readonly Limits[] {
  return [{}, { maxFrameLength }, { maxFrameLength, overlong: "skip" }];
}
