/**
 * Netstrings: `5:hello,`.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { boundOf, exactly, protocolError, type StepOptions, until } from "../protocol.ts";
import { encode as encodeText } from "../text.ts";
import { tooLong } from "./delimited.ts";
import { decimal } from "./digits.ts";
import type { Framing } from "./framing.ts";

const COMMA = 0x2c, ZERO = 0x30;
const END = /* @__PURE__ */ exactly(1);

/**
 * Netstrings, as D. J. Bernstein defined them: the length in decimal digits, a colon, the bytes, a
 * comma.
 *
 * The length has one form only: no sign, no space, no leading zero. It is checked before anything
 * is allocated, and it may not have more digits than `max` has.
 *
 * Limit: `max` bytes of payload, 1 MiB. End of input: behind a comma only.
 *
 * @throws {RangeError} for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { netstring, parse } from "asynchat";
 *
 * const { decode } = netstring({ max: 64 });
 * const payloads = parse(decode, "5:hello,0:,").map((bytes) => bytes.length);
 * if (payloads.join() !== "5,0") throw new Error(payloads.join());
 * ```
 */
export function netstring(options: StepOptions = {}): Framing<Uint8Array> {
  const max = boundOf(options);
  const largest = Math.min(max, Number.MAX_SAFE_INTEGER);
  const length = until(":", { max: String(Math.floor(largest)).length });
  return {
    *decode() {
      const digits = yield* length;
      if (digits[0] === ZERO && digits.length > 1) {
        throw protocolError("the length of a netstring has a leading zero");
      }
      const payload = yield* exactly(decimal(digits), { max });
      if ((yield* END)[0] !== COMMA) throw protocolError("a netstring does not end with a comma");
      return payload;
    },
    encode(frame) {
      if (frame.length > max) throw tooLong(frame.length, max);
      return concat([encodeText(`${frame.length}:`), frame, Uint8Array.of(COMMA)]);
    },
  };
}
