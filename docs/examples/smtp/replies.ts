/**
 * A mail server's replies, as a protocol: three digits, and a line or more of text.
 *
 * @module
 */

import { protocolError, type Step, until } from "asynchat";

/** What the server said. */
export interface Reply {
  /** 200 to 599; the first digit says whether it is well, is to be gone on with, or is refused. */
  readonly code: number;
  /** The text of each line. */
  readonly lines: readonly string[];
}

/** RFC 5321 §4.5.3.1.5 has 512 bytes; some servers say more. */
const LINE = until("\r\n", { max: 2048 });
const MAX_LINES = 128;

/** Reads one reply, of however many lines: `250-one`, `250-two`, `250 three`. */
export function* reply(): Generator<Step, Reply, Uint8Array> {
  const lines: string[] = [];
  let code: string | undefined;
  while (lines.length < MAX_LINES) {
    const line = new TextDecoder().decode(yield* LINE);
    const [, digits, more, text = ""] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? [];
    if (digits === undefined || digits !== (code ??= digits)) {
      throw protocolError("a line of a reply begins with its three digits, each with the same");
    }
    lines.push(text);
    if (more !== "-") return { code: Number(digits), lines };
  }
  throw protocolError(`a reply has ${MAX_LINES} lines at most`);
}
