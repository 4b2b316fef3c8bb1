/**
 * Frames of one size.
 *
 * @module
 */

import { exactly, protocolError } from "../protocol.ts";
import type { Framing } from "./framing.ts";

/**
 * Frames that all have the same size.
 *
 * Limit: the size itself. End of input: between two frames only.
 *
 * @param size in bytes, at least 1
 * @throws {RangeError} for another size.
 *
 * @example
 * ```ts
 * import { fixedSize, parse } from "asynchat";
 *
 * const samples = parse(fixedSize(2).decode, Uint8Array.of(1, 2, 3, 4));
 * if (samples.join("|") !== "1,2|3,4") throw new Error(samples.join("|"));
 * ```
 */
export function fixedSize(size: number): Framing<Uint8Array> {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`a frame's size is a whole number from 1 to 2^53 - 1; got ${size}`);
  }
  const step = exactly(size, { max: size });
  return {
    *decode() {
      return yield* step;
    },
    encode(frame) {
      if (frame.length === size) return frame.slice();
      throw protocolError(`every frame has ${size} bytes; got one of ${frame.length}`);
    },
  };
}
