/**
 * What a conversation was given to send, and whether what it sends is that.
 *
 * @module
 */

import type { AsyncChat } from "../../core/async_chat.ts";
import { NOT_YET, type Produced } from "../../core/producer.ts";
import { Boom, type Command } from "./script.ts";

/** Different bytes, so that each thing that is sent can be told from the others. */
const MOST_SENT = 250;
/** What a buffer is overwritten with that was copied; nothing is queued as that. */
const OVERWRITTEN = 255;

/** Gives a conversation what it shall send, a byte of its own each, and looks at what it sends. */
export class Going {
  /** What has been sent. */
  readonly sent: number[] = [];

  readonly #chat: AsyncChat;
  readonly #against: (what: string) => void;
  /** How much was queued under each byte. */
  readonly #queued: number[] = [];
  /** Nothing was given but bytes, so that every one of them can be accounted for. */
  #simple = true;
  /** Producers that have not come to their end, though nothing has kept them from it. */
  #producing = 0;

  constructor(chat: AsyncChat, against: (what: string) => void) {
    this.#chat = chat;
    this.#against = against;
  }

  /** Pushes so many bytes. They are copied: the buffer is used again at once. */
  push(size: number): void {
    const byte = this.#queued.length;
    if (byte >= MOST_SENT) return;
    const bytes = new Uint8Array(size).fill(byte);
    try {
      this.#chat.push(bytes);
    } finally {
      bytes.fill(OVERWRITTEN);
    }
    this.#queued.push(size);
  }

  /** Pushes a producer. */
  produce({ pieces, later }: Command & { do: "produce" }): void {
    const byte = this.#queued.length;
    if (byte >= MOST_SENT) return;
    let next = 0, over = false;
    const produce = (): Produced => {
      if (over) this.#against("a producer was asked behind its end");
      const piece = pieces[next++];
      if (piece === undefined) {
        this.#producing--;
        over = true;
        return null;
      }
      if (piece === "throw" || piece === "reject") {
        this.#producing = NaN;
        over = true;
        throw new Boom("the producer of the script");
      }
      if (piece === "not yet") return NOT_YET;
      this.#queued[byte]! += piece.length;
      return new Uint8Array(piece.length).fill(byte);
    };
    this.#chat.pushWithProducer({
      more: () => later ? Promise.resolve().then(produce) : produce(),
    });
    this.#queued.push(0);
    this.#producing++;
    this.#simple = false;
  }

  /** What is queued is dropped. */
  discard(): void {
    this.#simple = false;
    this.#producing = NaN;
  }

  /** Looks at what was sent in the end. */
  check(sawEnd: boolean, unsent: number | undefined): void {
    const counts: number[] = [];
    let last = 0;
    for (const byte of this.sent) {
      if (byte < last) this.#against(`sent out of order: ${byte} behind ${last}`);
      last = byte;
      counts[byte] = (counts[byte] ?? 0) + 1;
    }
    counts.forEach((count, byte) => {
      if (count > (this.#queued[byte] ?? 0)) this.#against(`sent twice, or invented: ${byte}`);
    });
    if (sawEnd && this.#producing > 0) this.#against("a FIN before a producer's end");
    if (!this.#simple || unsent === undefined) return;
    const queued = this.#queued.reduce((sum, size) => sum + size, 0);
    const sent = this.sent.length;
    if (sent + unsent !== queued) {
      this.#against(`${queued} bytes queued, ${sent} sent, ${unsent} unsent`);
    }
    if (unsent > 0 && sawEnd) this.#against("a FIN before the last byte");
  }
}
