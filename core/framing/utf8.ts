/**
 * Text in pieces: a character may begin in one and end in the next.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { decode } from "../text.ts";

const NOTHING = new Uint8Array(0);

/**
 * Decodes UTF-8 that comes in pieces, cut anywhere.
 *
 * The pieces together give what the whole would: a sequence that is cut is held back, at most three
 * bytes, and malformed bytes become U+FFFD. A frame that is gathered whole needs no such care.
 *
 * @example
 * ```ts
 * import { Utf8Decoder } from "asynchat";
 *
 * const decoder = new Utf8Decoder();
 * const euro = new TextEncoder().encode("1 €");
 * let text = decoder.decode(euro.subarray(0, 3));
 * if (text !== "1 ") throw new Error("unreachable");
 * text += decoder.decode(euro.subarray(3)) + decoder.end();
 * if (text !== "1 €") throw new Error("unreachable");
 * ```
 */
export class Utf8Decoder {
  #held: Uint8Array = NOTHING;

  /** Decodes a piece, which is borrowed during the call, and what was held back before it. */
  decode(piece: Uint8Array): string {
    const bytes = this.#held.length === 0 ? piece : concat([this.#held, piece]);
    const end = bytes.length - cutLength(bytes);
    this.#held = bytes.slice(end);
    return decode(bytes.subarray(0, end));
  }

  /** Says that nothing will follow: a sequence that was held back becomes U+FFFD. */
  end(): string {
    const text = decode(this.#held);
    this.#held = NOTHING;
    return text;
  }
}

/** How many bytes at the end may be the start of a longer sequence. */
function cutLength(bytes: Uint8Array): number {
  for (let length = 1; length <= 3 && length <= bytes.length; length++) {
    const byte = bytes[bytes.length - length]!;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length < size ? length : 0;
  }
  return 0;
}
