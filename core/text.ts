/**
 * UTF-8, in and out.
 *
 * `TextEncoder` and `TextDecoder` are pure functions that every runtime has as globals, yet no
 * ECMAScript library declares them. They are declared here, and here only, so that the core's
 * `lib` can stay without a single runtime type.
 *
 * @module
 */

declare const TextEncoder: new () => {
  encode(text: string): Uint8Array;
  encodeInto(text: string, bytes: Uint8Array): { readonly written: number };
};
declare const TextDecoder: new (label: string, options: { ignoreBOM: boolean }) => {
  decode(bytes: Uint8Array): string;
};

const encoder = new TextEncoder();
// A byte-order mark is data like any other: without `ignoreBOM` a decoder would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Encodes text as UTF-8, into bytes that nobody else holds. A lone surrogate becomes U+FFFD. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A call of the encoder costs about as much as a loop does for text of this length. */
const SHORT = 24;

/**
 * Encodes text as {@linkcode encode} does, into `bytes` from `at` on, where there must be room.
 * Answers how many bytes that was.
 */
export function encodeInto(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text;
  for (let index = 0; length <= SHORT; index++) {
    if (index === length) return length;
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) break;
    bytes[at + index] = unit;
  }
  return encoder.encodeInto(text, bytes.subarray(at)).written;
}

/** Decodes whole UTF-8. Malformed input becomes U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
