/**
 * The adapter for Web Streams: a conversation over any pair of a `ReadableStream` and a
 * `WritableStream`, wherever it comes from.
 *
 * A socket of the minimum common API, a stream of WebTransport, a `WebSocketStream`, a Direct
 * Socket, the two ends of your own `TransformStream`s: all are such a pair. It runs in a browser as
 * it does on a server, for it names nothing but the two streams.
 *
 * @module asynchat/adapters/web
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { Capabilities } from "../core/transport.ts";
import { drive } from "./driver.ts";
import type { SocketOptions } from "./options.ts";
import { type Party, partyOf, type WithLimits } from "./serving.ts";
import { checkPair, transportOf, type WebPair } from "./web_pair.ts";
import { NO_TLS } from "./tls_options.ts";

export type { WithLimits } from "./serving.ts";
export type { WebPair, WebReadable, WebReader, WebWritable, WebWriter } from "./web_pair.ts";

/** What {@linkcode converse} may be told. */
export interface WebOptions extends Pick<SocketOptions, "onerror"> {
  /** Who is at the other end, for messages; `"a pair of streams"`. */
  readonly peer?: string;
}

/** What Web Streams can do. */
export const capabilities: Capabilities = {
  // Streams are handed over: whoever makes them accepts and connects.
  listen: false,
  unix: false,
  // The peer's stream ends with an error.
  reset: true,
  cancelConnect: false,
  preciseErrors: false,
  // A stream that fails forgets what was not read.
  dataBeforeReset: false,
  addresses: false,
  ...NO_TLS,
};

/**
 * Binds `chat`, of either face, to a pair of streams, and answers it.
 *
 * @throws {TypeError} when one of the two is no stream, or is locked; nothing has been locked then,
 * and no hook called.
 * @throws {Error} when `chat` has had its conversation; the streams have been given back then.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { converse } from "asynchat/adapters/web";
 *
 * const heard: string[] = [];
 * const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
 * const chat = converse(
 *   { readable, writable },
 *   new AsyncChat({
 *     terminator: "\n",
 *     foundTerminator() {
 *       heard.push(this.getText());
 *       if (heard.length === 2) this.closeWhenDone();
 *     },
 *   }),
 * );
 * chat.push("to\nmyself\n");
 * await chat.closed;
 * if (heard.join() !== "to,myself") throw new Error(heard.join());
 * ```
 */
export function converse<C extends AsyncChat | Chat>(
  pair: WebPair,
  chat: C,
  options?: WebOptions,
): C;
/**
 * Starts a conversation on a pair of streams, which are the conversation's from then on.
 *
 * Both are locked. A write is awaited before the next, and a read is asked for when the last has
 * been told, so that neither direction runs ahead of its reader. Bytes that are written are copied
 * first: a stream may keep what it is given, or hand it on to somebody who does.
 *
 * Ended in order by both sides, the streams are closed and read to their end. Closed or aborted
 * before, the writable is aborted and the readable cancelled: the peer sees an error of kind
 * `"reset"` where its runtime can tell, and never the end of half of something.
 *
 * @param options the limits of the conversation, and what {@linkcode WebOptions} has
 * @throws {TypeError} when one of the two is no stream, or is locked; nothing has been locked then.
 * @throws {RangeError} for a limit that makes no sense.
 *
 * @example
 * ```ts
 * import { converse } from "asynchat/adapters/web";
 *
 * const there = new TransformStream<Uint8Array, Uint8Array>();
 * const back = new TransformStream<Uint8Array, Uint8Array>();
 * const chat = converse({ readable: back.readable, writable: there.writable });
 * const peer = converse({ readable: there.readable, writable: back.writable });
 *
 * await chat.write("hello\n");
 * chat.end();
 * if (await peer.readLine() !== "hello") throw new Error("unreachable");
 * if (await peer.read() !== null) throw new Error("unreachable");
 * await peer.closeWhenDone();
 * if (await chat.read() !== null) throw new Error("unreachable");
 * ```
 */
export function converse(pair: WebPair, options?: WithLimits<WebOptions>): Chat;
export function converse(
  pair: WebPair,
  chatOrOptions?: Chat | AsyncChat | WithLimits<WebOptions>,
  options?: WebOptions,
): Chat | AsyncChat {
  checkPair(pair);
  const party: Party<WebOptions> = partyOf(chatOrOptions, options);
  const { peer = "a pair of streams" } = party.options;
  const { asyncChat } = party;
  drive(
    asyncChat,
    (events) => transportOf(pair, peer, asyncChat.inBufferSize, events),
    party.options,
  );
  return party.chat;
}
