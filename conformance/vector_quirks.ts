/**
 * Where a recording of asynchat is not to be matched, or reads otherwise here.
 *
 * @module
 */

/** A quirk of asynchat: whether we do the same, and so go on comparing, and why. */
export interface Quirk {
  readonly keep: boolean;
  readonly clauses: readonly string[];
  readonly reason: string;
}

/** Every quirk that a vector can name. A vector is compared up to the first that we do not keep. */
export const QUIRKS: Readonly<Record<string, Quirk>> = {
  "empty-terminator": {
    keep: true,
    clauses: ["TERM-5"],
    reason: "programs rely on an empty terminator being the same as null",
  },
  "close-when-done-after-close": {
    keep: true,
    clauses: ["OUT-28"],
    reason: "harmless here as there: only asynchat's count of queue entries shows it",
  },
  "held-not-rescanned": {
    keep: false,
    clauses: ["IN-15", "IN-19"],
    reason: "held bytes would wait for input that may never come",
  },
  "eof-drops-held": {
    keep: false,
    clauses: ["IN-24", "IN-26"],
    reason: "bytes that the peer sent would be lost",
  },
  "eof-drops-output": {
    keep: false,
    clauses: ["OUT-34"],
    reason: "a peer that half-closes would not get its answer",
  },
  "callback-after-close": {
    keep: false,
    clauses: ["IN-21", "IN-22"],
    reason: "nothing is told after the end",
  },
  "close-twice": { keep: false, clauses: ["LIFE-2"], reason: "the end is told exactly once" },
  "collect-raised": {
    keep: false,
    clauses: ["IN-20"],
    reason: "bytes would be delivered twice",
  },
  "terminator-set-in-collect": {
    keep: false,
    clauses: ["IN-14", "IN-14b"],
    reason: "which frame it rules would depend on how the input was cut",
  },
  "zero-terminator": {
    keep: false,
    clauses: ["TERM-4"],
    reason: "a content length of 0 would hang for ever",
  },
  "push-after-close-when-done": {
    keep: false,
    clauses: ["OUT-22"],
    reason: "output would be dropped in silence",
  },
  "push-after-close": {
    keep: false,
    clauses: ["OUT-28"],
    reason: "output would be dropped in silence, and held for ever",
  },
  "discard-forgets-close-when-done": {
    keep: false,
    clauses: ["DIS-3"],
    reason: "the channel would never close",
  },
  "sent-before-close": {
    keep: false,
    clauses: ["OUT-2"],
    reason: "when bytes leave is free: ours leave when the callbacks are done",
  },
  "sent-before-discard": {
    keep: false,
    clauses: ["OUT-2"],
    reason: "when bytes leave is free: ours leave when the callbacks are done",
  },
  "empty-push-sends": {
    keep: false,
    clauses: ["OUT-7"],
    reason: "an empty push does nothing",
  },
};

/** What Python's exceptions are called here. */
export const ERROR_NAMES: Readonly<Record<string, string>> = {
  ValueError: "RangeError",
  TypeError: "TypeError",
  OSError: "ChatError",
  Boom: "Boom",
};

/** The clauses that an event of a recording stands for. */
export const CLAUSES_OF_EVENT: Readonly<Record<string, readonly string[]>> = {
  d: ["IN-1", "IN-5", "IN-7", "IN-12", "IN-16"],
  f: ["IN-2", "IN-3", "IN-13", "IN-17", "IN-18"],
  o: ["OUT-1", "OUT-6", "OUT-13"],
  connect: ["OUT-9"],
  close: ["LIFE-1"],
  err: ["IN-19", "LIFE-3"],
  throw: ["TERM-2"],
  term: ["TERM-1", "TERM-10"],
};

/** The clauses that an op puts to the test beside those of its events. */
export const CLAUSES_OF_OP: Readonly<Record<string, readonly string[]>> = {
  feed: ["IN-4"],
  eof: ["IN-25", "LIFE-1"],
  rerr: ["IN-27"],
  werr: ["OUT-27"],
  room: ["OUT-6", "OUT-20", "OUT-27"],
  connect: ["OUT-8", "OUT-11", "OUT-25"],
  get: ["TERM-10"],
  term: ["TERM-2"],
  push: ["OUT-1"],
  pushp: ["OUT-14"],
  prod: ["OUT-10", "OUT-12"],
  cwd: ["OUT-20", "OUT-21", "OUT-23"],
  discard: ["DIS-1", "DIS-2", "DIS-4"],
  close: ["LIFE-8"],
};

/** The clauses that a part of `end` stands for. */
export const CLAUSES_OF_END: Readonly<Record<string, readonly string[]>> = {
  open: ["LIFE-1", "OUT-20"],
  term: ["TERM-1", "TERM-10"],
  pend: ["OUT-6", "DIS-1"],
  held: ["IN-5", "IN-6", "IN-8"],
};
