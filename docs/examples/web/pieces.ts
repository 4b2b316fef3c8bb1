/**
 * Bodies as HTTP/1.1 has them, piece by piece: by count, in chunks, or until the end.
 *
 * @module
 */

import { type Chat, hexadecimal } from "asynchat";
import { parseField } from "./head.ts";
import { HttpError } from "./http_error.ts";
import { Lines, type Patience } from "./lines.ts";

/** A body on its way. */
export type BodyPieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

/** Most bytes of a piece. */
const PIECE = 64 * 1024;
/** Most bytes of all lines around a body's chunks, beyond what lengths take. */
const OVERHEAD = 16 * 1024;
/** Whoever joins the fields behind a body to the others would read another message. */
const TOO_LATE = /^(?:content-length|transfer-encoding|host)$/i;

/** So many bytes. */
export async function* countedPieces(chat: Chat, length: number, patience: Patience): BodyPieces {
  for (let left = length; left > 0;) {
    const max = Math.min(left, PIECE);
    const piece = await patience.wait((timeout) => chat.read({ max, timeout }));
    if (piece === null) throw new HttpError(400, "the body was cut");
    left -= piece.length;
    yield piece as Uint8Array<ArrayBuffer>;
  }
}

/** Everything to the end of the connection. */
export async function* piecesToTheEnd(chat: Chat, patience: Patience): BodyPieces {
  for (;;) {
    const piece = await patience.wait((timeout) => chat.read({ max: PIECE, timeout }));
    if (piece === null) return;
    yield piece as Uint8Array<ArrayBuffer>;
  }
}

/** Chunks up to the last one, at most `max` bytes, and what stands behind it. */
export async function* chunkedPieces(chat: Chat, max: number, patience: Patience): BodyPieces {
  let room = max, overhead = OVERHEAD;
  for (;;) {
    const line = await new Lines(chat, overhead, patience).next(400);
    const { size, digits } = sizeOf(line);
    if (size === 0) break;
    overhead -= line.length - digits;
    room -= size;
    if (room < 0) throw tooLarge();
    yield* countedPieces(chat, size, patience);
    if (await new Lines(chat, 3, patience).next(400) !== "") throw malformed();
  }
  // Fields behind the body are looked at, and dropped.
  const trailers = new Lines(chat, overhead, patience);
  for (let line = await trailers.next(431); line !== ""; line = await trailers.next(431)) {
    const [name] = parseField(line);
    if (TOO_LATE.test(name)) throw new HttpError(400, `${name} behind the body`);
  }
}

/** A stream that asks for a piece when it is asked for one. */
export function streamOf(pieces: BodyPieces): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** What a body is refused with that has too many bytes. */
export function tooLarge(): HttpError {
  return new HttpError(413, "the body is larger than is taken here");
}

/** Hexadecimal digits and nothing else; an extension behind a semicolon is ignored. */
function sizeOf(line: string): { readonly size: number; readonly digits: number } {
  const [digits = "", ...extension] = line.split(";");
  // deno-lint-ignore no-control-regex
  if (digits.length > 15 || /[\0-\x08\x0a-\x1f\x7f]/.test(extension.join())) throw malformed();
  return { size: hexadecimal(new TextEncoder().encode(digits)), digits: digits.length };
}

function malformed(): HttpError {
  return new HttpError(400, "a malformed chunk");
}
