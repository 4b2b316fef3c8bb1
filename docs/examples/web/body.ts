/**
 * The body of a request, read piece by piece as the handler asks for it: whoever does not read
 * stalls its client in the network.
 *
 * @module
 */

import { type Chat, hexadecimal } from "asynchat";
import { parseField, type RequestHead } from "./head.ts";
import { HttpError } from "./http_error.ts";
import { Lines, Patience } from "./lines.ts";

/** Most bytes of a piece. */
const PIECE = 64 * 1024;
/** Most bytes of all lines around a body's chunks, beyond what lengths take. */
const OVERHEAD = 16 * 1024;
/** What is read of a body that nobody wanted, to keep the connection. */
const UNWANTED = 256 * 1024;

/** Bounds of one body. */
export interface BodyLimits {
  /** Most bytes. */
  readonly maxBody: number;
  /** Milliseconds that the client may take to send it. */
  readonly bodyTimeout: number;
}

/** One request's body. */
export class RequestBody {
  readonly #chat: Chat;
  readonly #limits: BodyLimits;
  readonly #patience: Patience;
  readonly #pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  #isDone: boolean;
  /** Whether the client sends it, or has been told to. */
  #isComing: boolean;
  #failure: unknown;

  /** Reads nothing yet. */
  constructor(chat: Chat, { length, expectsContinue }: RequestHead, limits: BodyLimits) {
    if (length !== "chunked" && length > limits.maxBody) throw tooLarge();
    this.#chat = chat;
    this.#limits = limits;
    this.#patience = new Patience(limits.bodyTimeout);
    this.#isDone = length === 0;
    this.#isComing = !expectsContinue;
    this.#pieces = this.#read(length === "chunked" ? this.#chunks() : this.#counted(length));
  }

  /** What was wrong with it, as far as it was read. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Whether another request may come behind it. A client that was not told to send it may do so all
   * the same, or ask for something else: nobody knows which.
   */
  get mayBeFollowed(): boolean {
    return this.#isDone || (this.#isComing && this.#failure === undefined);
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
    if (this.#isDone || !this.mayBeFollowed) return this.#isDone;
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

  async *#read(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>) {
    try {
      if (!this.#isComing) await this.#chat.write("HTTP/1.1 100 Continue\r\n\r\n");
      this.#isComing = true;
      yield* pieces;
      this.#isDone = true;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async *#counted(length: number) {
    for (let left = length; left > 0;) {
      const max = Math.min(left, PIECE);
      const piece = await this.#patience.wait((timeout) => this.#chat.read({ max, timeout }));
      if (piece === null) throw new HttpError(400, "the body was cut");
      left -= piece.length;
      yield piece as Uint8Array<ArrayBuffer>;
    }
  }

  async *#chunks() {
    let room = this.#limits.maxBody, overhead = OVERHEAD;
    for (;;) {
      const line = await new Lines(this.#chat, overhead, this.#patience).next(400);
      const { size, digits } = sizeOf(line);
      if (size === 0) break;
      overhead -= line.length - digits;
      room -= size;
      if (room < 0) throw tooLarge();
      yield* this.#counted(size);
      if (await new Lines(this.#chat, 3, this.#patience).next(400) !== "") throw malformed();
    }
    // Fields behind the body are looked at, and dropped.
    const trailers = new Lines(this.#chat, overhead, this.#patience);
    for (let line = await trailers.next(431); line !== ""; line = await trailers.next(431)) {
      parseField(line);
    }
  }
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

function tooLarge(): HttpError {
  return new HttpError(413, "the body is larger than this server takes");
}
