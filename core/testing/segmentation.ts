/**
 * The verifier of the first law: what a protocol makes of its input depends on the bytes alone,
 * never on how they were cut into chunks.
 *
 * @module
 */

import { encode } from "../text.ts";

/** A protocol under test, as far as the verifier has to know it. */
export interface Segmented {
  /** Bytes came. They are borrowed: after the call they are overwritten. */
  receive(chunk: Uint8Array): void;
  /** No more will come. */
  end?(): void;
  /** Everything that the protocol made of its input: frames, errors, answers. Compared deeply. */
  result(): unknown;
}

/** How thoroughly to look. */
export interface SegmentationOptions {
  /** Inputs of up to so many bytes are cut in every possible way; 10, which is 512 ways. */
  readonly everyWayUpTo?: number;
  /** How many random ways a longer input is cut; 200. */
  readonly randomWays?: number;
  /** What the random ways depend on; 1. */
  readonly seed?: number;
}

/** The same bytes, cut in two ways, gave two results. */
export class SegmentationError extends Error {
  /** `"SegmentationError"`. */
  override name = "SegmentationError";
  /** The sizes of the chunks, in bytes, that gave another result than the whole input did. */
  readonly sizes: readonly number[];
  /** What the whole input in one chunk gave. */
  readonly expected: unknown;
  /** What these chunks gave. */
  readonly observed: unknown;

  /** Makes the error for one way of cutting. */
  constructor(sizes: readonly number[], expected: unknown, observed: unknown) {
    super(
      `the input cut into chunks of ${sizes.join(", ")} bytes gave ${render(observed)}; in one ` +
        `chunk it gave ${render(expected)}`,
    );
    this.sizes = sizes;
    this.expected = expected;
    this.observed = observed;
  }
}

/**
 * Proves that a protocol does not care how its input is cut.
 *
 * Feeds the whole input at once, byte by byte, in chunks of equal sizes, and in every way or in
 * many random ones. Every chunk lies at an odd place in a larger buffer, between other bytes, and
 * is overwritten as soon as it has been received.
 *
 * @param input text (as UTF-8) or bytes
 * @param make a fresh protocol, for each way of cutting
 * @returns in how many ways the input was cut
 * @throws {SegmentationError} for the first way that gives another result than the whole input.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { ManualPeer, verifySegmentation } from "asynchat/testing";
 *
 * const ways = verifySegmentation("a\r\n\r\nb\r", () => {
 *   const frames: string[] = [];
 *   const peer = new ManualPeer(
 *     new AsyncChat({
 *       terminator: "\r\n",
 *       foundTerminator() {
 *         frames.push(this.getText());
 *       },
 *     }),
 *   );
 *   return {
 *     receive: (chunk) => peer.send(chunk),
 *     end: () => peer.end(),
 *     result: () => frames,
 *   };
 * });
 * if (ways < 64) throw new Error("unreachable");
 * ```
 */
export function verifySegmentation(
  input: string | Uint8Array,
  make: () => Segmented,
  options: SegmentationOptions = {},
): number {
  const bytes = typeof input === "string" ? encode(input) : input;
  const whole = make();
  if (bytes.length > 0) whole.receive(bytes.slice());
  whole.end?.();
  const expected = whole.result();
  const wanted = render(expected);
  let ways = 0;
  for (const sizes of waysToCut(bytes.length, options)) {
    ways++;
    const protocol = make();
    let at = 0;
    for (const size of sizes) {
      const { chunk, spoil } = lend(bytes.subarray(at, at + size));
      protocol.receive(chunk);
      spoil();
      at += size;
    }
    protocol.end?.();
    const observed = protocol.result();
    if (render(observed) !== wanted) throw new SegmentationError(sizes, expected, observed);
  }
  return ways;
}

/**
 * Every string of exactly `length` letters of `alphabet`, for exhaustive tests of short inputs. A
 * letter of an array may be a few characters that belong together, such as half of a delimiter.
 *
 * @example
 * ```ts
 * import { everyString } from "asynchat/testing";
 *
 * if ([...everyString("ab", 2)].join() !== "aa,ab,ba,bb") throw new Error("unreachable");
 * ```
 */
export function* everyString(
  alphabet: string | readonly string[],
  length: number,
): Generator<string> {
  if (length === 0) {
    yield "";
    return;
  }
  for (const letter of alphabet) {
    for (const rest of everyString(alphabet, length - 1)) yield letter + rest;
  }
}

/** A copy that lies at an odd place between other bytes, and is overwritten when it is given back. */
export function lend(bytes: Uint8Array): { readonly chunk: Uint8Array; spoil(): void } {
  const around = new Uint8Array(bytes.length + 8).fill(bytes[0] ?? 0);
  const chunk = around.subarray(3, 3 + bytes.length);
  chunk.set(bytes);
  return { chunk, spoil: () => void around.fill(0xa5) };
}

/** Sizes of chunks that add up to `length`: every way for a short input, many for a longer one. */
export function* waysToCut(
  length: number,
  options: SegmentationOptions,
): Generator<number[], void, undefined> {
  const { everyWayUpTo = 10, randomWays = 200, seed = 1 } = options;
  if (length === 0) return yield [];
  if (length <= everyWayUpTo) {
    for (let cuts = 0; cuts < 2 ** (length - 1); cuts++) {
      const sizes: number[] = [];
      let size = 1;
      for (let at = 0; at < length - 1; at++) {
        if (Math.floor(cuts / 2 ** at) % 2 === 1) {
          sizes.push(size);
          size = 0;
        }
        size++;
      }
      sizes.push(size);
      yield sizes;
    }
    return;
  }
  for (let size = 1; size <= length; size = Math.ceil(size * 1.5)) yield equalSizes(length, size);
  const random = randomFrom(seed);
  for (let way = 0; way < randomWays; way++) {
    const largest = 1 + Math.floor(random() * Math.min(length, 2 ** (1 + way % 16)));
    const sizes: number[] = [];
    for (let left = length; left > 0;) {
      const size = Math.min(left, 1 + Math.floor(random() * largest));
      sizes.push(size);
      left -= size;
    }
    yield sizes;
  }
}

function equalSizes(length: number, size: number): number[] {
  const sizes = Array.from({ length: Math.floor(length / size) }, () => size);
  if (length % size > 0) sizes.push(length % size);
  return sizes;
}

/** Numbers in [0, 1) that the seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A text that two results share exactly when they are deeply equal. */
export function render(value: unknown): string {
  return JSON.stringify(value, (_, item) => {
    if (item instanceof Error) return { name: item.name, message: item.message };
    if (ArrayBuffer.isView(item)) {
      return { bytes: [...new Uint8Array(item.buffer, item.byteOffset, item.byteLength)] };
    }
    if (item instanceof Map || item instanceof Set) return { items: [...item] };
    const isJson = ["object", "string", "boolean"].includes(typeof item) || Number.isFinite(item);
    return isJson ? item : { [typeof item]: String(item) };
  });
}
