import { expect, test } from "vitest";
import {
  changeTerminator,
  feed,
  finish,
  initialInput,
  type Input,
  type InputSink,
} from "./input.ts";
import { type CompiledTerminator, compileTerminator, type Terminator } from "./terminator.ts";

/** Everything told, in a form that does not depend on where payload was cut. */
class Record implements InputSink {
  stopped = false;
  frames = 0;
  told: string;
  readonly #policy: readonly CompiledTerminator[];
  constructor(policy: readonly CompiledTerminator[], told = "") {
    this.#policy = policy;
    this.told = told;
  }
  data(source: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) this.told += String.fromCharCode(source[at]!);
  }
  found(next: CompiledTerminator): CompiledTerminator {
    this.told += "|";
    this.frames++;
    return this.#policy.length > 1 ? this.#policy[this.frames % this.#policy.length]! : next;
  }
  overflow(): void {
    this.told += "!";
  }
}

/** What the rules say, written down as directly as possible, on the whole input at once. */
function model(
  input: string,
  policy: readonly Terminator[],
  limit: number,
  skip: boolean,
): string {
  let told = "", at = 0, frames = 0;
  let terminator: Terminator = policy[0]!;
  for (;;) {
    let end = -1, next = -1;
    if (typeof terminator === "number") {
      if (at + terminator <= input.length) end = next = at + terminator;
    } else if (terminator !== null) {
      const list = (Array.isArray(terminator) ? terminator : [terminator]) as string[];
      for (let start = at; start < input.length && end < 0; start++) {
        for (const delimiter of list) {
          if (!input.startsWith(delimiter, start) || start + delimiter.length <= next) continue;
          end = start;
          next = start + delimiter.length;
        }
      }
    }
    const payload = input.slice(at, end < 0 ? input.length : end);
    const bounded = terminator !== null && payload.length > limit;
    told += bounded ? payload.slice(0, limit) + "!" : payload;
    if (bounded && (!skip || typeof terminator === "number")) return told;
    if (end < 0) return told;
    at = next;
    if (bounded) continue;
    told += "|";
    frames++;
    if (policy.length > 1) terminator = policy[frames % policy.length]!;
    else if (typeof terminator === "number") terminator = null;
  }
}

interface Job {
  readonly policy: readonly Terminator[];
  readonly alphabet: string;
  readonly length: number;
}

// The lengths that each alphabet's size allows: 10 with two letters, 8 with three, 7 with four.
const jobs: readonly Job[] = [
  { policy: ["\n"], alphabet: "\nx", length: 10 },
  { policy: ["\r\n"], alphabet: "\r\nx", length: 8 },
  { policy: ["aab"], alphabet: "abx", length: 8 },
  { policy: ["\r\n.\r\n"], alphabet: "\r\n.x", length: 7 },
  { policy: [["\r\n", "\n"]], alphabet: "\r\nx", length: 8 },
  { policy: [["ab", "abc", "b"]], alphabet: "abcx", length: 7 },
  { policy: [["aab", "b", "aa"]], alphabet: "abx", length: 8 },
  { policy: [["abab", "ba", "babb"]], alphabet: "abx", length: 8 },
  ...[1, 2, 3, 4].map((count) => ({ policy: [count], alphabet: "ab", length: 10 })),
  { policy: ["\n", 2, "\r\n", null], alphabet: "\r\nx", length: 8 },
  { policy: ["\r\n.\r\n", "\r\n", 1], alphabet: "\r\n.x", length: 7 },
  { policy: ["aab", 3, ["ab", "abc", "b"]], alphabet: "abcx", length: 7 },
  { policy: [["\r\n", "\n"], 1, "\n", 4], alphabet: "\r\nx", length: 8 },
  { policy: [["ab", "abc", "b"], "a", 2], alphabet: "abcx", length: 7 },
];

const limits: readonly (readonly [limit: number, skip: boolean])[] = [
  [Infinity, false],
  [2, false],
  [2, true],
];

for (const { policy, alphabet, length } of jobs) {
  for (const [limit, skip] of limits) {
    const title = `${JSON.stringify(policy)} limit ${limit}${skip ? ", skipping" : ""}`;
    test(`every partition of every string gives the one result that the rules give: ${title}`, () => {
      const compiled = policy.map(compileTerminator);
      const start = changeTerminator(initialInput(limit, skip), compiled[0]!);
      const letters = [...alphabet].map((letter) => letter.charCodeAt(0));
      const bytes = new Uint8Array(length);
      let compared = 0, wrong: string | undefined;

      // The fold is pure, so all partitions of all strings are one tree: a node is a string and the
      // place of its last cut, and a state is shared by everything that begins in the same way.
      const walk = (state: Input, told: string, frames: number, cut: number, size: number) => {
        for (const letter of letters) {
          bytes[size] = letter;
          if (size + 1 < length) walk(state, told, frames, cut, size + 1);
          const sink = new Record(compiled, told);
          sink.frames = frames;
          // Out of a larger buffer, at an odd place, and overwritten afterwards.
          const around = new Uint8Array(size + 1 - cut + 5).fill(letters[0]!);
          around.set(bytes.subarray(cut, size + 1), 3);
          const chunk = around.subarray(3, 3 + size + 1 - cut);
          const next = feed(state, chunk, sink);
          around.fill(0);
          const { told: soFar, frames: found } = sink;
          const over = isOver(next, skip);
          if (!over && size + 1 < length) walk(next, soFar, found, size + 1, size + 1);
          const end = new Record(compiled, soFar);
          end.frames = found;
          if (!over) finish(next, end);
          const text = String.fromCharCode(...bytes.subarray(0, size + 1));
          const expected = model(text, policy, limit, skip);
          compared++;
          if (end.told !== expected && wrong === undefined) {
            wrong =
              `${JSON.stringify(text)}, last cut at ${cut}: told ${JSON.stringify(end.told)}, ` +
              `expected ${JSON.stringify(expected)}`;
          }
        }
      };
      walk(start, "", 0, 0, 0);
      expect(wrong).toBeUndefined();
      expect(compared).toBeGreaterThan(1000);
    });
  }
}

/** Whether the fold has stopped for good, as the session would make sure of. */
function isOver(state: Input, skip: boolean): boolean {
  return state.skipping && (!skip || state.terminator.kind === "count");
}
