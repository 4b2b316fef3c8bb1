/**
 * A conversation as a pair of Web Streams, for whatever takes one.
 *
 * @module
 */

import type { Chat } from "../core/chat.ts";
import type { AbortSignalLike } from "../core/chat_options.ts";
import { ChatError } from "../core/errors.ts";
import type { Piece } from "../core/producer.ts";
import type { Instance } from "./web_types.ts";

// Every runtime has these as globals, and no ECMAScript library declares them.
declare const ReadableStream: new (source: {
  type: "bytes";
  pull(controller: {
    readonly byobRequest: { respond(bytes: number): void } | null;
    enqueue(chunk: Uint8Array): void;
    close(): void;
  }): Promise<void>;
  cancel(): void;
}) => unknown;
declare const WritableStream: new (sink: {
  start(controller: { readonly signal: AbortSignalLike; error(reason: unknown): void }): void;
  write(chunk: Piece | ArrayBuffer): Promise<void>;
  close(): Promise<void>;
}) => unknown;
declare const AbortController: new () => { readonly signal: AbortSignalLike; abort(): void };

/** What {@linkcode streamsOf} makes. */
export interface ChatStreams {
  /** What the peer sends, as bytes that are the reader's own; a reader may lend its memory. */
  readonly readable: Instance<"ReadableStream">;
  /** Sends text and bytes, which are copied. */
  readonly writable: Instance<"WritableStream">;
}

/**
 * Shows a conversation as two Web Streams, for `pipeTo`, `pipeThrough` and whatever else takes them.
 *
 * They are views: nothing is buffered in them. The conversation stays yours, and is yours to close.
 *
 * | what is done                         | what happens                                           |
 * | ------------------------------------ | ------------------------------------------------------ |
 * | a read of `readable`                 | `chat.read()`, and not before                          |
 * | the peer's FIN                       | `readable` ends; writing goes on                       |
 * | `readable.cancel()`                  | reading stops; the conversation and writing go on      |
 * | a write to `writable`                | `chat.write()`: waits while the queue is full          |
 * | `writable.close()`                   | waits until all is sent, then `chat.end()`             |
 * | `writable.abort(reason)`             | `chat.abort(reason)`: half of something has been sent  |
 * | the connection fails                 | both fail with that; what came before can be read      |
 *
 * After `cancel()` reading may go on with the chat's own methods, behind what was read; only what a
 * read that was under way was just being given is lost. If nobody reads, the peer stalls: close the
 * conversation, then. Meanwhile, do not read both ways: one read at a time.
 *
 * @example
 * ```ts
 * import { Chat } from "asynchat";
 * import { memoryPair } from "asynchat/adapters/memory";
 * import { streamsOf } from "asynchat/streams";
 *
 * const [one, two] = [new Chat(), new Chat()];
 * memoryPair(one, two);
 *
 * const sending = new Response("hello ".repeat(1000)).body!
 *   .pipeThrough(new CompressionStream("gzip"))
 *   .pipeTo(streamsOf(one).writable);
 * const received = streamsOf(two).readable.pipeThrough(new DecompressionStream("gzip"));
 * const text = await new Response(received).text();
 * await sending;
 * if (text.length !== 6000) throw new Error(text);
 * await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
 * ```
 */
export function streamsOf(chat: Chat): ChatStreams {
  const cancelled = new AbortController();
  const readable = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const piece = await chat.read({ signal: cancelled.signal });
      if (piece !== null) return controller.enqueue(piece);
      controller.close();
      // Whoever lent memory gets it back.
      controller.byobRequest?.respond(0);
    },
    cancel: () => cancelled.abort(),
  });
  const writable = new WritableStream({
    start(controller) {
      const { signal } = controller;
      // Told at once: the sink's own abort() would wait for a write that nobody takes.
      signal.addEventListener("abort", () => chat.abort(signal.reason));
      void chat.closed.then(({ error }) => controller.error(error ?? over()));
    },
    write: (chunk) => chat.write(chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk),
    async close() {
      // Asked when everything before it has gone out.
      await chat.writeAll([]);
      chat.end();
    },
  });
  return { readable, writable } as ChatStreams;
}

function over(): ChatError {
  return new ChatError("closed", "the conversation is over: nothing can be written any more");
}
