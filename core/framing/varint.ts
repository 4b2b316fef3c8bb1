/**
 * Numbers of variable size: seven bits a byte, lowest first (unsigned LEB128).
 *
 * @module
 */

import { exactly, protocolError, type Step } from "../protocol.ts";

/** 8 bytes carry 56 bits: enough for 2^53 - 1. */
const LONGEST = 8;
const BYTE = /* @__PURE__ */ exactly(1);

/**
 * Reads a number of variable size: seven bits a byte, lowest first, as Protocol Buffers have it.
 *
 * Every number has one form only: an overlong one, whose last byte adds nothing, is refused.
 *
 * @throws {ChatError} kind `"protocol"` for an overlong form, and beyond 2^53 - 1.
 *
 * @example
 * ```ts
 * import { encodeVarint, parse, varint } from "asynchat";
 *
 * const bytes = encodeVarint(300);
 * if (bytes.join() !== "172,2" || parse(varint, bytes)[0] !== 300) throw new Error("unreachable");
 * ```
 */
export function* varint(): Generator<Step, number, Uint8Array> {
  let value = 0;
  for (let size = 0; size < LONGEST; size++) {
    const byte = (yield* BYTE)[0]!;
    value += (byte & 0x7f) * 2 ** (7 * size);
    if (byte >= 0x80) continue;
    if (byte === 0 && size > 0) {
      throw protocolError("a varint takes more bytes than it needs: its last byte is 0");
    }
    if (value > Number.MAX_SAFE_INTEGER) break;
    return value;
  }
  throw protocolError("a varint is beyond 2^53 - 1");
}

/**
 * Writes a number of variable size, into bytes of your own: seven bits a byte, lowest first, in the
 * shortest form.
 *
 * @throws {RangeError} for what is no whole number from 0 to 2^53 - 1.
 *
 * @example
 * ```ts
 * import { encodeVarint } from "asynchat";
 *
 * if (encodeVarint(1).join() !== "1") throw new Error("unreachable");
 * ```
 */
export function encodeVarint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`a varint is a whole number from 0 to 2^53 - 1; got ${value}`);
  }
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 + 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
