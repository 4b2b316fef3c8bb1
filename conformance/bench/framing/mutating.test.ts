import { expect, it } from "vitest";
import { changeTerminator, feed, initialInput, type InputSink } from "../../../core/input.ts";
import {
  type CompiledTerminator,
  compileTerminator,
  type Terminator,
} from "../../../core/terminator.ts";
import { randomFrom } from "../../../core/testing/segmentation.ts";
import { MutatingInput } from "./mutating.ts";

/** All that is told, call by call; asks to stop at some of them. */
class Told implements InputSink {
  stopped = false;
  told: string[] = [];
  #calls = 0;
  #frames = 0;
  readonly #terminators: readonly CompiledTerminator[];
  readonly #rest: number;

  constructor(terminators: readonly CompiledTerminator[], rest: number) {
    this.#terminators = terminators;
    this.#rest = rest;
  }

  data(source: Uint8Array, start: number, end: number): void {
    this.#tell(String.fromCharCode(...source.subarray(start, end)));
  }
  found(next: CompiledTerminator): CompiledTerminator {
    this.#tell(`|${next.kind}`);
    return this.#terminators[++this.#frames % this.#terminators.length]!;
  }
  overflow(): void {
    this.#tell("!");
  }
  #tell(what: string): void {
    this.told.push(what);
    if (++this.#calls % this.#rest === 0) this.stopped = true;
  }
}

const SETS: readonly (readonly Terminator[])[] = [
  ["ab"],
  ["aab", 3],
  [["ab", "abba", "b"], "aa"],
  ["a", 2, ["ba", "bab"]],
];

it("does the same as the core's fold, call by call", () => {
  let calls = 0, overlong = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const random = randomFrom(seed), pick = (n: number) => Math.floor(random() * n);
    const compiled = SETS[pick(SETS.length)]!.map(compileTerminator);
    const limit = 3 + pick(6), skip = pick(2) === 0, rest = 1 + pick(5);
    const pure = new Told(compiled, rest), inPlace = new Told(compiled, rest);
    let state = changeTerminator(initialInput(limit, skip), compiled[0]!);
    const input = new MutatingInput(compiled[0]!, limit, skip);
    for (let i = 0; i < 12; i++) {
      const chunk = Uint8Array.from({ length: pick(5) }, () => 97 + pick(3));
      do {
        pure.stopped = inPlace.stopped = false;
        state = feed(state, chunk, pure);
        input.feed(chunk, inPlace);
        expect(input.stopped).toBe(state.stopped);
      } while (state.stopped);
    }
    expect(inPlace.told).toEqual(pure.told);
    calls += pure.told.length;
    overlong += pure.told.filter((what) => what === "!").length;
  }
  expect(calls).toBeGreaterThan(20_000);
  expect(overlong).toBeGreaterThan(1000);
});
