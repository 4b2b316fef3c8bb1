/**
 * Protocols over Web streams: bodies of `fetch`, files, whatever comes as a stream of bytes; and a
 * conversation as a pair of Web streams.
 *
 * @module asynchat/streams
 */

import { Parser } from "../core/parser.ts";
import type { ReadableStreamLike } from "../core/producer.ts";
import type { Protocol } from "../core/protocol.ts";
import type { Instance } from "./web_types.ts";

export { type ChatStreams, streamsOf } from "./chat_streams.ts";

// Every runtime has these as globals, and no ECMAScript library declares them.
interface Controller {
  enqueue(value: unknown): void;
  close(): void;
  error(reason: unknown): void;
}
declare const ReadableStream: new (
  source: {
    start(controller: Controller): void;
    pull(controller: Controller): Promise<void>;
    cancel(reason: unknown): void;
  },
  strategy: { highWaterMark: number },
) => unknown;
declare const WritableStream: new (sink: {
  start(controller: Pick<Controller, "error">): void;
  write(chunk: Uint8Array): Promise<void>;
  close(): void;
  abort(reason: unknown): void;
}) => unknown;

/** What {@linkcode protocolStream} makes: the argument of `pipeThrough`. */
export interface ProtocolStream {
  /** Gives the messages. */
  readonly readable: Instance<"ReadableStream">;
  /** Takes the bytes. A chunk is borrowed until its `write` has resolved. */
  readonly writable: Instance<"WritableStream">;
}

/**
 * Makes a stream that turns bytes into messages: `body.pipeThrough(protocolStream(protocol))`.
 *
 * A message is looked for when it is asked for, and bytes are asked for when no message is left, so
 * nothing piles up. What breaks the protocol, an end inside a message included, is told to the
 * reader when all messages before it have been read.
 *
 * With {@linkcode messagesOf} the messages keep their type.
 *
 * @example
 * ```ts
 * import { lines } from "asynchat";
 * import { protocolStream } from "asynchat/streams";
 *
 * const { body } = new Response("one\r\ntwo\r\n");
 * const told: string[] = [];
 * for await (const line of body!.pipeThrough(protocolStream(lines().decode))) told.push(line);
 * if (told.join() !== "one,two") throw new Error(told.join());
 * ```
 */
export function protocolStream<T>(protocol: Protocol<T>): ProtocolStream {
  const parser = new Parser(protocol);
  let messages = parser[Symbol.iterator]();
  let ended = false;
  let wake: () => void = () => {};
  let writing: { resolve(): void; reject(reason: unknown): void } | undefined;
  let reader: Controller | undefined;
  let writer: Pick<Controller, "error"> | undefined;

  function stopWriting(reason: unknown): void {
    writer?.error(reason);
    writing?.reject(reason);
  }

  const readable = new ReadableStream({
    start: (controller) => void (reader = controller),
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = messages.next();
          if (!done) return controller.enqueue(value);
          messages = parser[Symbol.iterator]();
          if (ended) return controller.close();
          writing?.resolve();
          writing = undefined;
          await new Promise<void>((resolve) => wake = resolve);
        }
      } catch (error) {
        stopWriting(error);
        throw error;
      }
    },
    cancel: stopWriting,
  }, { highWaterMark: 0 });

  const writable = new WritableStream({
    start: (controller) => void (writer = controller),
    write(chunk) {
      parser.receive(chunk);
      wake();
      return new Promise((resolve, reject) => writing = { resolve, reject });
    },
    close() {
      parser.end();
      ended = true;
      wake();
    },
    abort: (reason) => reader?.error(reason),
  });
  return { readable, writable } as ProtocolStream;
}

/**
 * Iterates over the messages in a stream of bytes: of a `fetch` body, a file, anything iterable.
 *
 * Leaving the loop cancels the stream.
 *
 * @param source chunks, each borrowed until the next is asked for
 * @throws {ChatError} kind `"protocol"`, `"limit"` or `"incomplete"`, when all messages before have
 * been told, and whatever the protocol or the source throws.
 *
 * @example
 * ```ts
 * import { netstring } from "asynchat";
 * import { messagesOf } from "asynchat/streams";
 *
 * const { body } = new Response("2:hi,3:you,");
 * const lengths: number[] = [];
 * for await (const { length } of messagesOf(body!, netstring().decode)) lengths.push(length);
 * if (lengths.join() !== "2,3") throw new Error(lengths.join());
 * ```
 */
export async function* messagesOf<T>(
  source: ReadableStreamLike | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  protocol: Protocol<T>,
): AsyncGenerator<T, void, undefined> {
  const parser = new Parser(protocol);
  for await (const chunk of "getReader" in source ? chunksOf(source) : source) {
    yield* parser.receive(chunk);
  }
  yield* parser.end();
}

/** Not every runtime's streams can be iterated over. */
async function* chunksOf(stream: ReadableStreamLike): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value as Uint8Array;
    }
    isOver = true;
  } finally {
    if (!isOver) await reader.cancel();
  }
}
