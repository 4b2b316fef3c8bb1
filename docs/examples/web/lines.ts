/**
 * Lines that end with CRLF and nothing else, read out of one budget of bytes and one of time.
 *
 * @module
 */

import { type Chat, ChatError, LimitError } from "asynchat";
import { HttpError } from "./http_error.ts";

const CR = "\r".charCodeAt(0);

/** How long a client may take in all, in milliseconds; the time that we take is not counted. */
export class Patience {
  #left: number;

  /** `Infinity` waits for ever. */
  constructor(milliseconds: number) {
    this.#left = milliseconds;
  }

  /** Waits for a read that is given up after the time that is left. */
  async wait<T>(read: (timeout: number) => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await read(this.#left);
    } catch (error) {
      if (!(error instanceof ChatError) || error.kind !== "timeout") throw error;
      throw new HttpError(408, "that took too long");
    } finally {
      this.#left = Math.max(1, this.#left - (performance.now() - started));
    }
  }
}

/** Reads lines, one character a byte. */
export class Lines {
  readonly #chat: Chat;
  readonly #patience: Patience;
  #left: number;

  /** All lines together have at most `max` bytes, their ends included. */
  constructor(chat: Chat, max: number, patience: Patience) {
    this.#chat = chat;
    this.#left = max;
    this.#patience = patience;
  }

  /** The next line, whose first byte may have been read already. */
  async next(tooLong: number, begun: Uint8Array = new Uint8Array(0)): Promise<string> {
    const line = Uint8Array.of(...begun, ...await this.#rest(tooLong, begun));
    this.#left -= line.length + 1;
    // Who takes a lone LF for the end of a line sees other lines than who does not.
    if (line.at(-1) !== CR) throw new HttpError(400, "a line has to end with CRLF");
    return latin1(line.subarray(0, -1));
  }

  async #rest(tooLong: number, begun: Uint8Array): Promise<Uint8Array> {
    const max = this.#left - begun.length - 1;
    try {
      if (max < 1) throw new LimitError("nothing is left", 0, 0);
      return await this.#patience.wait((timeout) => this.#chat.readUntil("\n", { max, timeout }));
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      throw new HttpError(tooLong, "that is longer than is read here");
    }
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
