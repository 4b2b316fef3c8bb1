/**
 * Inputs that showed a fault once, or that come near to where one would be.
 *
 * @module
 */

import type { Trial } from "./fuzz.ts";

/** Each with what it is about. */
export const corpus: readonly (readonly [about: string, trial: Trial])[] = [
  ["close() in the last piece of a frame that is too long, and skipped", {
    kind: "wild",
    script: {
      limits: { maxFrameLength: 1, overlong: "skip" },
      terminator: ["a"],
      reactions: [{ hook: "collectIncomingData", nth: 1, commands: [{ do: "close" }] }],
      inputs: [{ do: "receive", text: "bx" }],
    },
  }],
  ["a terminator set when the failure is told, while a beginning of the old one is held back", {
    kind: "wild",
    script: {
      limits: { overlong: "skip" },
      terminator: "bb",
      reactions: [{ hook: "handleError", nth: 1, commands: [{ do: "terminator", to: 1 }] }],
      inputs: [{ do: "receive", text: "b" }, { do: "gone" }],
    },
  }],
  ["a hook that pauses after the connection has gone, with input to tell", {
    kind: "wild",
    script: {
      limits: {},
      terminator: "a",
      reactions: [
        { hook: "foundTerminator", nth: 1, commands: [{ do: "wait", turns: 1 }] },
        { hook: "foundTerminator", nth: 2, commands: [{ do: "pause" }] },
      ],
      inputs: [{ do: "receive", text: "aa" }, { do: "gone" }],
    },
  }],
  ["terminators that change under a held-back prefix of a set", {
    kind: "steady",
    seed: 1,
    script: {
      limits: { maxFrameLength: 3, overlong: "skip" },
      terminator: ["ab", "abcab", "b"],
      reactions: [
        { hook: "foundTerminator", nth: 1, commands: [{ do: "terminator", to: "bca" }] },
        { hook: "foundTerminator", nth: 2, commands: [{ do: "terminator", to: 2 }] },
        { hook: "foundTerminator", nth: 3, commands: [{ do: "terminator", to: ["a", "aab"] }] },
      ],
      inputs: [{ do: "receive", text: "abcabcaabaabxxxxaabab" }, { do: "fin" }],
    },
  }],
  ["a delimiter that is decided by the end alone, behind a shorter one", {
    kind: "reading",
    reading: {
      text: "ba",
      sizes: [1],
      calls: [{ end: ["a", "bab"], giveUp: 2 }, { end: ["a", "bab"] }, { end: "line" }],
      fin: true,
      maxFrameLength: 1,
    },
  }],
  ["the same, cut", {
    kind: "reading",
    reading: {
      text: "bba\n",
      sizes: [],
      calls: [{ end: ["\n", "a\nb"], giveUp: 0 }, { end: ["\n", "a\nb"] }],
      fin: false,
      maxFrameLength: 1,
    },
  }],
  ["a producer that rejects, discarded while it has not answered", {
    kind: "wild",
    script: {
      limits: { highWaterMark: 4, lowWaterMark: 2, maxQueued: 12 },
      terminator: "\n",
      reactions: [{
        hook: "handleConnect",
        nth: 1,
        commands: [
          { do: "push", size: 6 },
          { do: "produce", later: true, pieces: ["ppp", "reject"] },
          { do: "push", size: 5 },
        ],
      }],
      inputs: [
        { do: "room", bytes: 3 },
        { do: "turn" },
        { do: "command", command: { do: "discardBuffers" } },
        { do: "room", bytes: 1_000 },
        { do: "fin" },
      ],
    },
  }],
  ["a frame that begins in the chunk that ends another has all its time", {
    kind: "timing",
    timing: {
      limits: { frameTimeout: 10, closeTimeout: 5 },
      raw: false,
      patient: true,
      closing: true,
      happenings: [
        { after: 0, do: "receive", text: "a" },
        { after: 5, do: "receive", text: "\r\nb" },
        { after: 1, do: "hold" },
        { after: 20, do: "release" },
      ],
    },
  }],
  ["a beginning of a delimiter, as payload when the end comes, above the limit", {
    kind: "timing",
    timing: {
      limits: { closeTimeout: 1, maxFrameLength: 2 },
      raw: false,
      patient: true,
      closing: true,
      happenings: [{ after: 0, do: "receive", text: "\na\r" }, { after: 0, do: "fin" }],
    },
  }],
  ["a delimiter in a buffer that held another one before", {
    kind: "reading",
    reading: {
      text: "\r\n\r",
      sizes: [],
      calls: [{ end: "a\nb", giveUp: 0 }, { end: "\r\n\r" }],
      fin: true,
      maxFrameLength: 1,
    },
  }],
  ["a connection that goes while hooks wait longer than anything else does", {
    kind: "steady",
    seed: 7258687,
    script: {
      limits: { maxFrameLength: 1, overlong: "skip" },
      terminator: "\n",
      reactions: [
        { hook: "foundTerminator", nth: 1, commands: [{ do: "wait", turns: 3 }] },
        { hook: "foundTerminator", nth: 2, commands: [{ do: "wait", turns: 3 }] },
        { hook: "foundTerminator", nth: 3, commands: [{ do: "wait", turns: 12 }] },
        { hook: "foundTerminator", nth: 4, commands: [{ do: "abort" }] },
      ],
      inputs: [{ do: "receive", text: "\n\n\n\n" }, { do: "gone" }],
    },
  }],
];
