/**
 * Frames that end with a delimiter.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { LimitError } from "../errors.ts";
import { changeTerminator, feed, initialInput } from "../input.ts";
import { protocolError, type Step, until, type UntilOptions } from "../protocol.ts";
import { bytesOf, type CompiledTerminator, type Delimiting } from "../terminator.ts";
import { encode } from "../text.ts";
import type { Framing } from "./framing.ts";

/**
 * Frames that end with a delimiter, or with any of several.
 *
 * Of several, `encode` writes the first in the list. It refuses a frame that could not be told from
 * its delimiter: one with a delimiter inside, but also `"a"` before `"aa"`, and a delimiter that
 * the next frame might make longer. Order the list accordingly: `["\r\n", "\r"]`, not the reverse.
 *
 * Limit: `max` bytes before the delimiter, 1 MiB. End of input: behind a delimiter only, unless
 * `orEnd` lets the end stand for the last one.
 *
 * @throws {TypeError | RangeError} for what is no delimiter, and for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { delimited, parse } from "asynchat";
 *
 * const records = delimited("\0", { max: 64 });
 * const sent = records.encode(Uint8Array.of(1, 2, 3));
 * if (parse(records.decode, sent)[0]?.length !== 3) throw new Error("unreachable");
 * ```
 */
export function delimited(
  delimiter: Delimiting | readonly Delimiting[],
  options: UntilOptions = {},
): Framing<Uint8Array> {
  const step = until(delimiter, options);
  const written = writtenOf(step);
  return {
    *decode() {
      return yield* step;
    },
    encode(frame) {
      if (frame.length > step.max) throw tooLong(frame.length, step.max);
      const bytes = concat([frame, written]);
      if (isOneFrame(bytes, step.compiled, frame.length)) return bytes;
      throw protocolError(
        `a frame of ${frame.length} bytes cannot be told from its delimiter, which is in it or ` +
          "runs into it",
      );
    },
  };
}

/** The error for a frame that the receiver's bound would refuse. */
export function tooLong(length: number, max: number): LimitError {
  return new LimitError(
    `a frame of ${length} bytes is longer than ${max} bytes; raise max on both sides`,
    max,
    length,
  );
}

function writtenOf({ terminator }: Step): Uint8Array {
  const first = (Array.isArray(terminator) ? terminator[0] : terminator) as Delimiting;
  return typeof first === "string" ? encode(first) : bytesOf(first);
}

/** Whether the bytes are read as one frame of that length, whatever may follow. */
function isOneFrame(bytes: Uint8Array, terminator: CompiledTerminator, length: number): boolean {
  let told = 0, frames = 0;
  feed(changeTerminator(initialInput(Infinity, false), terminator), bytes, {
    stopped: false,
    data: (_source, start, end) => void (told += end - start),
    found: (next) => {
      frames++;
      return next;
    },
    overflow: () => {},
  });
  return frames === 1 && told === length;
}
