/**
 * The body of a request, read piece by piece as the handler asks for it: whoever does not read
 * stalls its client in the network.
 *
 * @module
 */

import type { Chat } from "asynchat";
import type { RequestHead } from "./head.ts";
import { Patience } from "./lines.ts";
import { type BodyPieces, chunkedPieces, countedPieces, streamOf, tooLarge } from "./pieces.ts";

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
  readonly #pieces: BodyPieces;
  #isDone: boolean;
  /** Whether the client sends it, or has been told to. */
  #isComing: boolean;
  #failure: unknown;

  /** Reads nothing yet. */
  constructor(chat: Chat, { length, expectsContinue }: RequestHead, limits: BodyLimits) {
    if (length !== "chunked" && length > limits.maxBody) throw tooLarge();
    this.#chat = chat;
    this.#isDone = length === 0;
    this.#isComing = !expectsContinue;
    const patience = new Patience(limits.bodyTimeout);
    this.#pieces = this.#read(
      length === "chunked"
        ? chunkedPieces(chat, limits.maxBody, patience)
        : countedPieces(chat, length, patience),
    );
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
    return streamOf(this.#pieces);
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

  async *#read(pieces: BodyPieces) {
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
}
