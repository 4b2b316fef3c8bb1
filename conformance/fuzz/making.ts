/**
 * Random scripts, whose bytes are made of what is hard for them: of their own terminators.
 *
 * @module
 */

import type { Delimiting, Terminator } from "../../core/terminator.ts";
import type { Command, Input, Pieces, Reacting, Reaction, Script } from "./script.ts";

/** Choices that a seed decides. */
export class Choices {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** True so often. */
  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** An integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  /** One of them. */
  of<T>(all: readonly T[]): T {
    return all[this.integer(0, all.length - 1)]!;
  }

  /** So many of whatever `make` makes. */
  list<T>(low: number, high: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.integer(low, high) }, (_, index) => make(index));
  }

  /** A text of so many letters of `alphabet`. */
  text(alphabet: string, low: number, high: number): string {
    return this.list(low, high, () => alphabet[this.integer(0, alphabet.length - 1)]!).join("");
  }
}

const KNOWN = ["\n", "\r\n", "\r\n.\r\n", "aab", "abab", "aaaa", "ab", "a", "é", "\0"] as const;

/** Terminators of every kind, hostile ones among them. */
export function terminatorFrom(choices: Choices): Terminator {
  const delimiter = () =>
    choices.chance(0.4) ? choices.of(KNOWN) : choices.text("ab\r\n", 1, choices.integer(1, 7));
  switch (choices.integer(0, 9)) {
    case 0:
      return null;
    case 1:
    case 2:
      return choices.integer(1, choices.chance(0.1) ? 300 : 9);
    case 3:
    case 4:
    case 5:
      return choices.list<Delimiting>(1, 5, delimiter) as readonly Delimiting[];
    default:
      return delimiter();
  }
}

/** Bytes as text, made of the terminators, their beginnings and ends, and a few letters. */
export function inputFor(
  choices: Choices,
  terminators: readonly Terminator[],
  size: number,
): string {
  const delimiters = terminators.flatMap(delimitersOf);
  let text = "";
  while (text.length < size) {
    const delimiter = delimiters.length > 0 ? choices.of(delimiters) : "";
    const cut = choices.integer(0, delimiter.length);
    text += choices.of([
      delimiter,
      delimiter,
      delimiter.slice(0, cut),
      delimiter.slice(cut),
      delimiter + delimiter.slice(0, cut),
      choices.text("abx\r\n", 0, 6),
      "x".repeat(choices.integer(0, choices.chance(0.02) ? 200 : 3)),
    ]);
  }
  return text;
}

function delimitersOf(terminator: Terminator): string[] {
  if (typeof terminator === "string") return terminator === "" ? [] : [terminator];
  return Array.isArray(terminator) ? terminator.flatMap(delimitersOf) : [];
}

function frameLimitsFrom(choices: Choices): Script["limits"] {
  return {
    ...(choices.chance(0.6) ? { maxFrameLength: choices.integer(1, 12) } : {}),
    ...(choices.chance(0.4) ? { overlong: "skip" as const } : {}),
  };
}

/**
 * A script whose frames, errors and end depend on its bytes alone: it reacts to frames, and to the
 * first piece of each, never to how many pieces there are.
 */
export function steadyScript(choices: Choices): Script {
  const terminators = choices.list(1, 4, () => terminatorFrom(choices));
  const commands = (most: number, all: readonly (() => Command)[]) =>
    choices.list(1, most, () => choices.of(all)());
  const setting = (): Command => ({ do: "terminator", to: choices.of(terminators) });
  const pushing = (): Command => ({ do: "push", size: choices.integer(1, 40) });
  const ending = (): Command => ({
    do: choices.of(["closeWhenDone", "end", "close", "abort"] as const),
  });
  const reactions = choices.list(0, 6, (): Reaction => {
    const nth = choices.integer(1, 7);
    if (choices.chance(0.2)) {
      return { hook: "collectIncomingData", nth, commands: commands(2, [setting, pushing]) };
    }
    const all = [setting, setting, setting, pushing, () => ({ do: "pause" } as const)];
    if (choices.chance(0.3)) all.push(ending);
    if (choices.chance(0.2)) all.push(() => ({ do: "throw" }));
    if (choices.chance(0.4)) all.push(() => ({ do: "wait", turns: choices.integer(1, 3) }));
    return { hook: "foundTerminator", nth, commands: commands(3, all) };
  });
  const text = inputFor(choices, terminators, choices.integer(0, choices.chance(0.03) ? 400 : 30));
  return {
    limits: frameLimitsFrom(choices),
    terminator: terminators[0]!,
    reactions,
    inputs: [{ do: "receive", text }, { do: choices.of(["fin", "fin", "reset", "gone"] as const) }],
  };
}

const HOOKS: readonly Reacting[] = [
  "handleConnect",
  "collectIncomingData",
  "collectIncomingData",
  "foundTerminator",
  "foundTerminator",
  "foundTerminator",
  "handleDrain",
  "handleTimeout",
  "handleEnd",
  "handleError",
  "handleException",
];

/** A script in which anything is done from anywhere. */
export function wildScript(choices: Choices): Script {
  const terminators = choices.list(1, 4, () => terminatorFrom(choices));
  const command = () => anyCommand(choices, terminators);
  const reactions = choices.list(0, 8, (): Reaction => ({
    hook: choices.of(HOOKS),
    nth: choices.integer(1, 4),
    commands: choices.list(1, 3, command),
  }));
  const input = (): Input => {
    const size = choices.integer(1, choices.chance(0.1) ? 200 : 20);
    switch (choices.integer(0, 9)) {
      case 0:
        return { do: "command", command: command() };
      case 1:
        return { do: "tick", milliseconds: choices.integer(0, 30) };
      case 2:
        return { do: "room", bytes: choices.of([0, 1, 5, 1_000, 1_000]) };
      case 3:
        return { do: choices.chance(0.2) ? choices.of(["fin", "reset", "gone"] as const) : "turn" };
      default:
        return { do: "receive", text: inputFor(choices, terminators, size) };
    }
  };
  const high = choices.integer(2, 60);
  return {
    limits: {
      ...frameLimitsFrom(choices),
      ...(choices.chance(0.5)
        ? { highWaterMark: high, lowWaterMark: choices.integer(1, high), maxQueued: high * 3 }
        : {}),
      ...(choices.chance(0.3) ? { idleTimeout: choices.integer(5, 40) } : {}),
      ...(choices.chance(0.3) ? { frameTimeout: choices.integer(5, 40) } : {}),
      ...(choices.chance(0.3) ? { closeTimeout: choices.integer(5, 40) } : {}),
    },
    terminator: terminators[0]!,
    reactions,
    inputs: choices.list(1, 14, input),
  };
}

function anyCommand(choices: Choices, terminators: readonly Terminator[]): Command {
  switch (choices.integer(0, 19)) {
    case 0:
      return { do: "throw" };
    case 1:
    case 2:
      return { do: "wait", turns: choices.integer(1, 6) };
    case 3:
    case 4:
      return {
        do: "produce",
        later: choices.chance(0.4),
        pieces: choices.list(0, 4, () => pieceFrom(choices)) as Pieces,
      };
    case 5:
      return { do: "resumeProducers" };
    case 6:
      return { do: "pause" };
    case 7:
    case 8:
      return { do: "resume" };
    case 9:
      return { do: "discardBuffers" };
    case 10:
      return { do: choices.of(["end", "closeWhenDone", "close", "abort"] as const) };
    case 11:
    case 12:
    case 13:
    case 14:
      return { do: "terminator", to: choices.of(terminators) };
    default:
      return { do: "push", size: choices.integer(1, choices.chance(0.1) ? 300 : 30) };
  }
}

function pieceFrom(choices: Choices): string {
  if (choices.chance(0.75)) return "p".repeat(choices.integer(1, 20));
  return choices.of(["not yet", "not yet", "throw", "reject"]);
}
