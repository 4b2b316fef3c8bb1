/**
 * Frames that begin with their length.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { LimitError } from "../errors.ts";
import { boundOf, exactly, protocolError, type Step, type StepOptions } from "../protocol.ts";
import { tooLong } from "./delimited.ts";
import type { Framing } from "./framing.ts";
import { encodeVarint, varint } from "./varint.ts";

/** What the length of {@linkcode lengthPrefixed} frames looks like. */
export interface LengthPrefixedOptions extends StepOptions {
  /** Bytes that the length takes, 4 by default; or `"varint"`, seven bits a byte, lowest first. */
  readonly size?: 1 | 2 | 4 | 8 | "varint";
  /** Whether the lowest byte of the length comes first; false, as is usual in networks. */
  readonly littleEndian?: boolean;
  /** Whether the length counts its own bytes as well; false. Not for `"varint"`. */
  readonly includesHeader?: boolean;
}

/**
 * Frames that begin with their length, an unsigned number.
 *
 * Nothing is allocated for a length before it has been checked: above `max`, beyond 2^53 - 1, or
 * smaller than the header that it includes, it is refused.
 *
 * Limit: `max` bytes of payload, 1 MiB. End of input: between two frames only.
 *
 * @throws {RangeError} for a size, a combination or a `max` that does not exist.
 *
 * @example
 * ```ts
 * import { lengthPrefixed, parse } from "asynchat";
 *
 * const { decode, encode } = lengthPrefixed({ size: 2, includesHeader: true, max: 1024 });
 * const sent = encode(Uint8Array.of(7));
 * if (sent.join() !== "0,3,7") throw new Error(sent.join());
 * if (parse(decode, sent).join() !== "7") throw new Error("unreachable");
 * ```
 */
export function lengthPrefixed(options: LengthPrefixedOptions = {}): Framing<Uint8Array> {
  const { size = 4, littleEndian = false, includesHeader = false } = options;
  const max = boundOf(options);
  if (size === "varint") {
    if (!includesHeader) return varintPrefixed(max);
    throw new RangeError("a varint cannot count its own bytes: leave includesHeader out");
  }
  if (![1, 2, 4, 8].includes(size)) {
    throw new RangeError(`a length takes 1, 2, 4 or 8 bytes, or is a "varint"; got ${size}`);
  }
  const header = exactly(size);
  const counted = includesHeader ? size : 0;
  const largest = Math.min(max, 2 ** (8 * size) - 1 - counted, Number.MAX_SAFE_INTEGER - counted);
  return {
    *decode() {
      const total = unsignedOf(yield* header, littleEndian);
      if (total < counted) {
        throw protocolError(`a length of ${total} is less than the ${size} bytes of its own`);
      }
      return yield* payload(total - counted, max);
    },
    encode(frame) {
      if (frame.length > largest) throw tooLong(frame.length, largest);
      return concat([unsigned(frame.length + counted, size, littleEndian), frame]);
    },
  };
}

function varintPrefixed(max: number): Framing<Uint8Array> {
  return {
    *decode() {
      return yield* payload(yield* varint(), max);
    },
    encode(frame) {
      if (frame.length > max) throw tooLong(frame.length, max);
      return concat([encodeVarint(frame.length), frame]);
    },
  };
}

/** Beyond 2^53 a number is only near the truth, and that is near enough for the message. */
function payload(length: number, max: number): Step {
  if (length <= max) return exactly(length, { max });
  throw new LimitError(
    `a frame of ${length} bytes is announced; raise max above ${max} if the peer is right`,
    max,
    length,
  );
}

function unsignedOf(bytes: Uint8Array, littleEndian: boolean): number {
  let value = 0;
  for (let at = 0; at < bytes.length; at++) {
    value = value * 256 + bytes[littleEndian ? bytes.length - 1 - at : at]!;
  }
  return value;
}

function unsigned(value: number, size: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0, rest = value; at < size; at++, rest = Math.floor(rest / 256)) {
    bytes[littleEndian ? at : size - 1 - at] = rest % 256;
  }
  return bytes;
}
