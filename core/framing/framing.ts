/**
 * What the ready-made framings have in common.
 *
 * @module
 */

import type { Protocol } from "../protocol.ts";

/**
 * A way to put messages into a stream of bytes, and to get them out again.
 *
 * What `encode` makes, `decode` gives back, whatever comes before and after it; what could not be
 * given back is refused. `decode` is a {@linkcode Protocol}: hand it to `parse`, `Parser`,
 * `ProtocolChat`, or put it into a protocol of your own with `yield* framing.decode()`.
 *
 * @typeParam T what `decode` gives
 * @typeParam V what `encode` takes, where that is not the same
 */
export interface Framing<T, V = T> {
  /** Reads one message. Its bytes are the reader's own. */
  readonly decode: Protocol<T>;
  /**
   * Writes one message, into bytes that nobody else holds.
   *
   * @throws {ChatError} kind `"protocol"` for what this framing cannot carry, and `"limit"` for
   * what is longer than the receiver's bound would be.
   */
  readonly encode: (value: V) => Uint8Array;
}
