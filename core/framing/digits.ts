/**
 * Numbers in text: what `Number()` would be too kind to.
 *
 * @module
 */

import { protocolError } from "../protocol.ts";
import { byteCount } from "../wording.ts";

/**
 * Reads a decimal number: one or more ASCII digits, and nothing else.
 *
 * No sign, no space, no exponent, no empty text: `Number()` takes all of these, and two programs
 * that disagree about a length are a security hole. Leading zeros count for nothing.
 *
 * @throws {ChatError} kind `"protocol"` for anything else, and beyond 2^53 - 1.
 *
 * @example
 * ```ts
 * import { decimal, exactly, parse, until } from "asynchat";
 *
 * const [body] = parse(function* () {
 *   return yield* exactly(decimal(yield* until("\r\n", { max: 16 })));
 * }, "3\r\nabc");
 * if (body?.length !== 3) throw new Error("unreachable");
 * ```
 */
export function decimal(digits: Uint8Array): number {
  return read(digits, 10, "a decimal number");
}

/**
 * Reads a hexadecimal number: one or more ASCII digits of either case, and nothing else.
 *
 * @throws {ChatError} kind `"protocol"` for anything else, a prefix `0x` included, and beyond
 * 2^53 - 1.
 *
 * @example
 * ```ts
 * import { hexadecimal } from "asynchat";
 *
 * if (hexadecimal(new TextEncoder().encode("1aF")) !== 431) throw new Error("unreachable");
 * ```
 */
export function hexadecimal(digits: Uint8Array): number {
  return read(digits, 16, "a hexadecimal number");
}

function read(digits: Uint8Array, base: number, what: string): number {
  let value = digits.length === 0 ? NaN : 0;
  for (const byte of digits) {
    const digit = digitOf(byte);
    value = digit < base ? value * base + digit : NaN;
    if (!(value <= Number.MAX_SAFE_INTEGER)) break;
  }
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  // They are not shown: whatever stands there instead may be a secret.
  throw protocolError(
    `${what} up to 2^53 - 1 was expected; got ${byteCount(digits.length)} of something else`,
  );
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : NaN;
}
