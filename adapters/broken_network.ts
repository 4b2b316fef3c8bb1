/**
 * A network that does what networks do: to be put between two conversations in a test.
 *
 * @module
 */

import { randomFrom } from "../core/testing/segmentation.ts";
import { End } from "./broken_end.ts";
import { soon } from "./clock.ts";
import type { Open } from "./driver.ts";

/**
 * What happens to a connection in the end:
 *
 * - `"nothing"`: all arrives;
 * - `"fin"`: one side is told an end too early, what would have followed is lost;
 * - `"reset"`: both are told a reset, unless they are done;
 * - `"stall"`: nothing moves any more, in either direction, until `release()`.
 */
export type Break = "nothing" | "fin" | "reset" | "stall";

/** How a {@linkcode BrokenNetwork} breaks. */
export interface BrokenNetworkOptions {
  /** Decides everything: with the same seed the same happens again. */
  readonly seed: number;
  /** What may happen, each as likely as the others; all four. */
  readonly breaks?: readonly Break[];
  /** It happens before so many bytes have arrived in one of the directions; 4,096. */
  readonly within?: number;
  /** Largest segment that arrives, and largest part of a write that is taken, in bytes; 1,460. */
  readonly segment?: number;
  /** Most turns for which anything is held up; 4. */
  readonly delay?: number;
}

/** What has happened to a connection, and where. */
export interface Broken {
  /** What it was. */
  readonly what: Exclude<Break, "nothing">;
  /** The end that bytes were on their way to: 0 is the first that was wrapped, 1 the second. */
  readonly to: 0 | 1;
  /** How many bytes had arrived there before. */
  readonly at: number;
}

/**
 * One connection's network: cuts what arrives into random segments, takes only part of writes,
 * holds everything up for random turns, and in the end perhaps ends, resets or stalls. It
 * reorders, invents and repeats nothing: what has arrived is always a beginning of what was sent.
 *
 * Hand it to `memoryPair`; make a new one for each pair. A turn is one of the microtask queue, so
 * that no time passes, and the same happens again under the same seed. Bytes that have been lent
 * are overwritten when they are given back.
 *
 * @example What came is a beginning of what was sent, and the end says so
 * ```ts
 * import { Chat } from "asynchat";
 * import { BrokenNetwork, memoryPair } from "asynchat/adapters/memory";
 *
 * const sent = "all is well\n".repeat(50);
 * for (let seed = 1; seed <= 100; seed++) {
 *   const [one, two] = [new Chat(), new Chat()];
 *   const network = new BrokenNetwork({ seed, breaks: ["nothing", "reset"], within: 1_000 });
 *   memoryPair(one, two, { network });
 *   void one.write(sent).catch(() => {});
 *   void one.closeWhenDone();
 *
 *   let came = "";
 *   try {
 *     for await (const piece of two) came += new TextDecoder().decode(piece);
 *   } catch {
 *     if (network.broken?.what !== "reset") throw new Error(`seed ${seed}`);
 *   }
 *   two.end();
 *   const { reason } = await two.closed;
 *   const whole = reason === "reset" ? sent.startsWith(came) : sent === came;
 *   if (!whole) throw new Error(`seed ${seed}: ${reason} after ${came.length} bytes`);
 * }
 * ```
 */
export class BrokenNetwork {
  readonly #random: () => number;
  readonly #segment: number;
  readonly #delay: number;
  readonly #plan: { readonly what: Break; readonly to: number; readonly at: number };
  readonly #ends: End[] = [];
  #broken: Broken | undefined;
  #isStalled = false;

  /**
   * Plans what will happen.
   *
   * @throws {RangeError} for an empty list, and for a size or a delay that is no such number.
   */
  constructor(options: BrokenNetworkOptions) {
    const { seed, breaks = ALL, within = 4096, segment = 1460, delay = 4 } = options;
    if (breaks.length === 0) throw new RangeError("breaks must name something that may happen");
    if (!(segment >= 1) || !(within >= 0) || !(delay >= 0)) {
      throw new RangeError("segment must be at least 1 byte; within and delay at least 0");
    }
    this.#random = randomFrom(seed);
    this.#segment = segment;
    this.#delay = delay;
    this.#plan = {
      what: breaks[this.integer(breaks.length - 1)]!,
      to: this.integer(1),
      at: this.integer(within),
    };
  }

  /** What has happened to the connection so far, beside segments and delays. */
  get broken(): Broken | undefined {
    return this.#broken;
  }

  /** Lets everything move again after a stall. */
  release(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    for (const end of this.#ends) end.move();
  }

  /**
   * Puts the network before one end's transport; to be called for both.
   *
   * @throws {Error} when both ends have been wrapped.
   */
  wrap(open: Open): Open {
    return (events, sizeOf) => {
      if (this.#ends.length === 2) {
        throw new Error("a BrokenNetwork has two ends: make a new one for each connection");
      }
      const end = new End(this, this.#ends.length, events);
      this.#ends.push(end);
      return end.over(open(end, sizeOf));
    };
  }

  // --- for its ends ------------------------------------------------------------------------------

  /** @internal */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** @internal An integer in [0, high]. */
  integer(high: number): number {
    return Math.floor(this.#random() * (high + 1));
  }

  /** @internal How many of `size` bytes move at a time. */
  part(size: number): number {
    return 1 + this.integer(Math.min(size, this.#segment) - 1);
  }

  /** @internal Some turns later. */
  later(act: () => void): void {
    const wait = (turns: number) => soon(turns === 0 ? act : () => wait(turns - 1));
    wait(this.integer(this.#delay));
  }

  /** @internal How many bytes may still arrive at an end before it is time to break. */
  left(end: number, arrived: number): number {
    const { what, to, at } = this.#plan;
    if (this.#broken !== undefined || what === "nothing" || to !== end) return Infinity;
    return at - arrived;
  }

  /** @internal It is time. */
  break(): Broken["what"] {
    const { what, to, at } = this.#plan as Broken;
    this.#broken = { what, to, at };
    this.#isStalled = what === "stall";
    return what;
  }
}

const ALL: readonly Break[] = ["nothing", "fin", "reset", "stall"];
