/**
 * Texts that end with a dot on a line of its own, as in SMTP, NNTP and POP3.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { LimitError } from "../errors.ts";
import { Gatherer } from "../gather.ts";
import { boundOf, protocolError, type StepOptions, until } from "../protocol.ts";
import { encode as encodeText } from "../text.ts";
import { tooLong } from "./delimited.ts";
import type { Framing } from "./framing.ts";

const CR = 0x0d, LF = 0x0a, DOT = 0x2e;
const CRLF = Uint8Array.of(CR, LF);
const DOTS = Uint8Array.of(DOT);
const END = /* @__PURE__ */ encodeText(".\r\n");

/**
 * Texts that end with a dot on a line of its own; a dot that begins a line is doubled on the way, as
 * in SMTP (RFC 5321 §4.5.2), NNTP (RFC 3977 §3.1.1) and POP3 (RFC 1939 §3).
 *
 * A line ends with CRLF and with nothing else, so `\n.\n`, `\r.\r` and `\n.\r\n` never end a text;
 * `.\r\n` at once is the empty one. What `decode` gives ends with CRLF, unless it is empty.
 *
 * `encode` adds the last CRLF where it is missing. It refuses a text in which a lone carriage
 * return or line feed comes before a dot: a receiver less strict than this one might see the end
 * there, and take the rest for commands.
 *
 * Limit: `max` bytes of text, 1 MiB, with its line ends and without the doubled dots. End of input:
 * behind the dot's line only.
 *
 * @throws {RangeError} for a `max` that is no bound.
 *
 * @example
 * ```ts
 * import { dotStuffed, parse } from "asynchat";
 *
 * const { decode, encode } = dotStuffed({ max: 4096 });
 * const sent = encode(new TextEncoder().encode(".signature"));
 * if (new TextDecoder().decode(sent) !== "..signature\r\n.\r\n") throw new Error("unreachable");
 * if (parse(decode, sent)[0]?.length !== 12) throw new Error("unreachable");
 * ```
 */
export function dotStuffed(options: StepOptions = {}): Framing<Uint8Array> {
  const max = boundOf(options);
  return {
    *decode() {
      const text = new Gatherer();
      for (;;) {
        // Room for the CRLF, and one more byte for a dot that will not stay.
        const room = Math.max(0, max - text.length - CRLF.length);
        const line = yield* until("\r\n", { max: room + 1 });
        const start = line[0] === DOT ? 1 : 0;
        if (start === 1 && line.length === 1) return text.take();
        const length = text.length + line.length - start + CRLF.length;
        if (length > max) {
          throw new LimitError(
            `a text is longer than ${max} bytes; raise max if the peer is right`,
            max,
            length,
          );
        }
        if (line.length > start) text.add(line, start, line.length);
        text.add(CRLF, 0, CRLF.length);
        text.settle();
      }
    },
    encode(text) {
      const pieces: Uint8Array[] = [];
      let from = 0;
      for (let at = text.indexOf(DOT); at >= 0; at = text.indexOf(DOT, at + 1)) {
        if (at > 0 && !endsLine(text, at)) continue;
        pieces.push(text.subarray(from, at), DOTS);
        from = at;
      }
      pieces.push(text.subarray(from));
      const isWhole = text.length === 0 || (text.at(-1) === LF && text.at(-2) === CR);
      if (!isWhole) pieces.push(CRLF);
      const length = text.length + (isWhole ? 0 : CRLF.length);
      if (length > max) throw tooLong(length, max);
      return concat([...pieces, END]);
    },
  };
}

/** Whether the dot at `at` begins a line. */
function endsLine(text: Uint8Array, at: number): boolean {
  const before = text[at - 1];
  if (before === LF && text[at - 2] === CR) return true;
  if (before !== LF && before !== CR) return false;
  throw protocolError(
    "a lone carriage return or line feed before a dot can be taken for the end of the text: end " +
      "lines with CRLF",
  );
}
