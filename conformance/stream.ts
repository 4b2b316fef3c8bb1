/**
 * The self-locating stream: every 8-byte word tells its own place, so that a wrong byte says what
 * it is instead of merely being wrong.
 *
 * @module
 */

import type { Stream } from "./case.ts";

/** Bytes of a word, and of two: what is needed to find a whole word behind one that is changed. */
const WORD = 8;
const WINDOW = 2 * WORD;

const MULTIPLY_1 = 0x85ebca6b;
const MULTIPLY_2 = 0xc2b2ae35;
const UNDO_1 = inverse(MULTIPLY_1);
const UNDO_2 = inverse(MULTIPLY_2);

/** The stream of a seed: 32 GiB, of which any piece can be made and checked alone. */
export function streamOf(seed: number): Stream {
  const words = new Words(seed);
  return {
    slice: (start, end) => words.slice(start, end),
    check(bytes, start) {
      const checker = new Checker(seed, start);
      checker.add(bytes);
      return checker.finish();
    },
  };
}

/** Checks a stream that comes in pieces, and tells what was first wrong with it. */
export class Checker {
  readonly #words: Words;
  #offset: number;
  #wrongAt: number | undefined;
  #window: number[] = [];
  #wrong: string | undefined;

  /** Expects the stream of `seed` from byte `start` on. */
  constructor(seed: number, start = 0) {
    this.#words = new Words(seed);
    this.#offset = start;
  }

  /** Takes the next bytes. Costs next to nothing once something was wrong. */
  add(bytes: Uint8Array): void {
    let from = 0;
    if (this.#wrongAt === undefined) {
      const wrong = this.#words.firstWrong(bytes, this.#offset);
      this.#offset += bytes.length;
      if (wrong === -1) return;
      this.#wrongAt = this.#offset - bytes.length + wrong;
      from = wrong;
    }
    if (this.#wrong !== undefined) return;
    for (let i = from; i < bytes.length && this.#window.length < WINDOW; i++) {
      this.#window.push(bytes[i]!);
    }
    if (this.#window.length === WINDOW) this.#wrong = this.#explain(this.#wrongAt);
  }

  /** What was wrong first, in words; `undefined` when nothing was. */
  finish(): string | undefined {
    if (this.#wrongAt === undefined) return undefined;
    return this.#wrong ?? this.#explain(this.#wrongAt);
  }

  #explain(at: number): string {
    const found = this.#words.locate(this.#window);
    if (found === undefined) {
      return `byte ${at}: ${hex(this.#window)} is not of this stream, which has ` +
        hex(this.#words.slice(at, at + this.#window.length));
    }
    if (found === at) {
      const expected = this.#words.slice(at, at + 1);
      return `byte ${at}: ${hex(this.#window.slice(0, 1))} instead of ${hex(expected)} (changed)`;
    }
    const what = found < at ? "repeated or late" : `${found - at} bytes are missing, or come later`;
    return `byte ${at}: the bytes of offset ${found} (${what})`;
  }
}

/** Where bytes of any alignment are put to be looked at as words. */
const SCRATCH = new Uint8Array(64 * 1024);
const SCRATCH_WORDS = new Uint32Array(SCRATCH.buffer);

/** Makes words and recognises them. Both ends run on one machine: its byte order will do. */
class Words {
  readonly #add: number;
  readonly #mask: number;

  constructor(seed: number) {
    this.#add = scramble(seed ^ 0x5bd1e995);
    this.#mask = scramble(seed ^ 0x27d4eb2f);
  }

  slice(start: number, end: number): Uint8Array {
    const first = Math.floor(start / WORD);
    const made = new Uint32Array(2 * (Math.ceil(end / WORD) - first));
    for (let i = 0, index = first; i < made.length; i += 2, index++) {
      const low = scramble(index + this.#add);
      made[i] = low;
      made[i + 1] = this.#check(low);
    }
    return new Uint8Array(made.buffer, start - first * WORD, end - start);
  }

  /** The first of `bytes` that is not the one at `offset` plus its index; -1 when all are. */
  firstWrong(bytes: Uint8Array, offset: number): number {
    for (let from = 0; from < bytes.length;) {
      const shift = (offset + from) % WORD;
      const size = Math.min(bytes.length - from, SCRATCH.length - shift);
      if (!this.#isRight(bytes.subarray(from, from + size), offset + from, shift)) {
        const expected = this.slice(offset + from, offset + from + size);
        const wrong = expected.findIndex((byte, i) => byte !== bytes[from + i]);
        if (wrong !== -1) return from + wrong;
      }
      from += size;
    }
    return -1;
  }

  /** Whether all whole words in `bytes` are right, and there is nothing but whole words. */
  #isRight(bytes: Uint8Array, offset: number, shift: number): boolean {
    if (shift !== 0 || bytes.length % WORD !== 0) {
      const head = Math.min((WORD - shift) % WORD, bytes.length);
      const tail = (bytes.length - head) % WORD;
      const body = bytes.subarray(head, bytes.length - tail);
      return this.#sameAs(bytes, 0, head, offset) &&
        this.#sameAs(bytes, bytes.length - tail, bytes.length, offset) &&
        this.#isRight(body, offset + head, 0);
    }
    SCRATCH.set(bytes);
    const words = SCRATCH_WORDS;
    const index = offset / WORD + this.#add;
    for (let i = 0, end = bytes.length / 4; i < end; i += 2) {
      const low = scramble(index + i / 2);
      if (words[i] !== low || words[i + 1] !== this.#check(low)) return false;
    }
    return true;
  }

  #sameAs(bytes: Uint8Array, from: number, to: number, offset: number): boolean {
    if (from === to) return true;
    const expected = this.slice(offset + from, offset + to);
    return expected.every((byte, i) => byte === bytes[from + i]);
  }

  /** The stream's offset at which `window` stands, if one whole word of it can be recognised. */
  locate(window: readonly number[]): number | undefined {
    const view = new DataView(Uint8Array.from(window).buffer);
    for (let shift = 0; shift + WORD <= window.length; shift++) {
      const low = view.getUint32(shift, LITTLE_ENDIAN);
      if (view.getUint32(shift + 4, LITTLE_ENDIAN) !== this.#check(low)) continue;
      const index = (unscramble(low) - this.#add) >>> 0;
      if (index * WORD >= shift) return index * WORD - shift;
    }
    return undefined;
  }

  #check(low: number): number {
    const mixed = Math.imul(low ^ this.#mask, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** A bijection on 32 bits (murmur3's last step). */
function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), MULTIPLY_1);
  x = Math.imul(x ^ (x >>> 13), MULTIPLY_2);
  return (x ^ (x >>> 16)) >>> 0;
}

function unscramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), UNDO_2);
  x ^= (x >>> 13) ^ (x >>> 26);
  x = Math.imul(x, UNDO_1);
  return (x ^ (x >>> 16)) >>> 0;
}

function inverse(odd: number): number {
  let result = odd;
  for (let bits = 3; bits < 32; bits *= 2) {
    result = Math.imul(result, 2 - Math.imul(odd, result));
  }
  return result;
}

function hex(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
