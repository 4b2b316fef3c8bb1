/**
 * The body of a request, read piece by piece as the handler asks for it: whoever does not read
 * stalls its client in the network.
 *
 * @module
 */

import { type Chat, hexadecimal } from "asynchat";
import { type BodyLength, HttpError, type RequestHead } from "./head.ts";

/** Most bytes of a piece. */
const PIECE = 64 * 1024;
/** Most bytes of a line between two chunks, and of all fields behind the last. */
const CHUNK_LINE = 256, TRAILERS = 8 * 1024;
/** What is read of a body that nobody wanted, to keep the connection. */
const UNWANTED = 256 * 1024;

/** One request's body. */
export class RequestBody {
  readonly #pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  #isDone: boolean;
  /** Whether the client sends it, or has been told to. */
  #isComing: boolean;

  /** Reads nothing yet. */
  constructor(chat: Chat, { length, expectsContinue }: RequestHead) {
    this.#isDone = length === 0;
    this.#isComing = !expectsContinue;
    this.#pieces = this.#read(chat, length);
  }

  /** As a stream that asks for a piece when it is asked for one. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await this.#pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    }, { highWaterMark: 0 });
  }

  /** Reads what the handler has left. Answers whether the next request can follow. */
  async drain(): Promise<boolean> {
    // A client that waits for a word may send the body, or the next request: nobody knows.
    if (this.#isDone || !this.#isComing) return this.#isDone;
    let left = UNWANTED;
    try {
      for await (const piece of this.#pieces) {
        left -= piece.length;
        if (left < 0) break;
      }
    } catch {
      // The answer is out already; all that is left to do about a malformed body is to close.
    }
    return this.#isDone;
  }

  async *#read(chat: Chat, length: BodyLength) {
    if (!this.#isComing) await chat.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#isComing = true;
    yield* length === "chunked" ? chunks(chat) : counted(chat, length);
    this.#isDone = true;
  }
}

async function* counted(chat: Chat, length: number) {
  for (let left = length; left > 0;) {
    const piece = await chat.read({ max: Math.min(left, PIECE) });
    if (piece === null) throw new HttpError(400, "the body was cut");
    left -= piece.length;
    yield piece as Uint8Array<ArrayBuffer>;
  }
}

async function* chunks(chat: Chat) {
  for (;;) {
    const line = await chat.readUntil("\r\n", { max: CHUNK_LINE });
    const size = sizeOf(line);
    if (size === 0) break;
    yield* counted(chat, size);
    const end = await chat.readExactly(2);
    if (end[0] !== 0x0d || end[1] !== 0x0a) throw new HttpError(400, "a chunk that does not end");
  }
  // Fields behind the body are read, bounded, and dropped.
  for (let left = TRAILERS;;) {
    const line = await chat.readUntil("\r\n", { max: left });
    if (line.length === 0) return;
    left = Math.max(1, left - line.length - 2);
  }
}

/** Hexadecimal digits; an extension behind a semicolon is ignored, a lone CR or LF is not. */
function sizeOf(line: Uint8Array): number {
  if (line.includes(0x0a) || line.includes(0x0d)) throw new HttpError(400, "a malformed chunk");
  const semicolon = line.indexOf(0x3b);
  const digits = semicolon < 0 ? line : line.subarray(0, semicolon);
  if (digits.length > 15) throw new HttpError(400, "a chunk of a size that nobody has");
  return hexadecimal(digits);
}
