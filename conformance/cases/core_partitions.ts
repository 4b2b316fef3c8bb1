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
  readonly alphabet: string;
  readonly length: number;
}

const JOBS: readonly Job[] = [
  { policy: ["\n"], alphabet: "\nx", length: 6 },
  { policy: ["\r\n"], alphabet: "\r\nx", length: 5 },
  { policy: ["aab"], alphabet: "abx", length: 5 },
  { policy: ["\r\n.\r\n"], alphabet: "\r\n.", length: 5 },
  { policy: [["\r\n", "\n"]], alphabet: "\r\nx", length: 5 },
  { policy: [["ab", "abc", "b"]], alphabet: "abc", length: 5 },
  { policy: [1], alphabet: "ab", length: 6 },
  { policy: [3], alphabet: "ab", length: 6 },
  { policy: ["\n", 2, "\r\n", null], alphabet: "\r\nx", length: 5 },
  { policy: ["aab", 3, ["ab", "abc", "b"]], alphabet: "abc", length: 5 },
];

const LIMITS: readonly Limits[] = [
  {},
  { maxFrameLength: 3 },
  { maxFrameLength: 3, overlong: "skip" },
];

/** The cases. */
export const partitionCases: readonly Case[] = [
  ...JOBS.map(({ policy, alphabet, length }, index): Case => ({
    id: `SEG-1.${index + 1}`,
    title: `every string of ${length} letters, cut in every way, gives one result: ${
      JSON.stringify(policy)
    }`,
    why: "TCP cuts as it likes; a parser that cares about it works in tests and fails in the field",
    level: "MUST",
    role: "core",
    run(t) {
      let ways = 0;
      for (const limits of LIMITS) {
        for (const text of everyString(alphabet, length)) {
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
    run(t) {
      const random = randomFrom(t.seed);
      let text = "";
      while (text.length < 20_000) {
        text += "x\r\n.".charAt(Math.floor(random() * 4)).repeat(1 + random() * 90);
      }
      for (const policy of [["\r\n"], ["\r\n.\r\n"], ["\n", 64, ["\r\n", "\n", "\n\n"]]]) {
        verifySegmentation(text, () => conversation(policy, {}), { seed: t.seed, randomWays: 30 });
      }
    },
  },
];
