/**
 * Lines of text.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { protocolError, until, type UntilOptions } from "../protocol.ts";
import { decode, encode } from "../text.ts";
import { tooLong } from "./delimited.ts";
import type { Framing } from "./framing.ts";

/** How {@linkcode lines} are read and written. */
export interface LinesOptions extends UntilOptions {
  /**
   * What ends a line: `"\r\n"`, the default, exactly that; `"\n"` exactly that, a carriage return
   * before it is text; `"either"` of the two, written as `"\r\n"`.
   */
  readonly ending?: "\r\n" | "\n" | "either";
}

/**
 * Lines of UTF-8 text, without their ends.
 *
 * The default is strict, as Internet protocols are: where one side takes a lone line feed for the
 * end of a line and the other does not, commands can be smuggled. A lone carriage return never ends
 * a line: it may be half of an end whose other half has not come, so the line could not be told
 * before the next byte. For files that have it, use `delimited(["\r\n", "\n", "\r"])`.
 *
 * `encode` refuses text with a line feed in it and, unless lines end with `"\n"`, with a carriage
 * return. Malformed UTF-8 is read as U+FFFD.
 *
 * Limit: `max` bytes before the end of the line, 1 MiB. End of input: behind the end of a line
 * only; with `orEnd` a last line needs none, and nothing behind the last end is no line.
 *
 * @throws {RangeError} for another ending, and for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { lines, parse } from "asynchat";
 *
 * const { decode, encode } = lines({ ending: "either", max: 512, orEnd: true });
 * if (parse(decode, "one\r\ntwo\n\nlast").join("|") !== "one|two||last") {
 *   throw new Error("unreachable");
 * }
 * if (encode("hi").length !== 4) throw new Error("unreachable");
 * ```
 */
export function lines(options: LinesOptions = {}): Framing<string> {
  const { ending = "\r\n" } = options;
  if (ending !== "\r\n" && ending !== "\n" && ending !== "either") {
    throw new RangeError(`ending must be "\\r\\n", "\\n" or "either"; got ${String(ending)}`);
  }
  const step = until(ending === "either" ? ["\r\n", "\n"] : ending, options);
  const written = encode(ending === "either" ? "\r\n" : ending);
  const refused = ending === "\n" ? /\n/ : /[\r\n]/;
  return {
    *decode() {
      return decode(yield* step);
    },
    encode(line) {
      if (refused.test(line)) {
        throw protocolError("a line cannot have the end of a line in it: send several lines");
      }
      const bytes = encode(line);
      if (bytes.length > step.max) throw tooLong(bytes.length, step.max);
      return concat([bytes, written]);
    },
  };
}
