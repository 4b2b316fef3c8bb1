/**
 * The adapter for WebSockets: a page, or whoever has a standard `WebSocket`, speaks a protocol of
 * bytes over one.
 *
 * What a WebSocket cannot do:
 *
 * - **Hold input back.** Messages come whether somebody reads or not. What has come and was not read
 *   is bounded by `maxReceived`: beyond it the conversation ends with a `LimitError`. A peer that may
 *   send more than that has to be asked by the protocol, piece by piece.
 * - **End one side only.** `end()` and `closeWhenDone()` both begin the closing handshake behind the
 *   last byte, and what the peer was still sending is dropped. An answer that you wait for has to be
 *   read before.
 * - **Say when there is room.** Output waits while much is buffered, which is looked at by a timer.
 *   Bytes count as sent when the WebSocket has them; where a runtime does not tell `bufferedAmount`,
 *   it takes all there is.
 *
 * @module asynchat/adapters/websocket
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import { ChatError } from "../core/errors.ts";
import type { Capabilities } from "../core/transport.ts";
import { drive } from "./driver.ts";
import { NO_TLS } from "./tls_options.ts";
import { opening } from "./opening.ts";
import type { ConnectOptions } from "./options.ts";
import { type Party, partyOf, type WithLimits } from "./serving.ts";
import { Line, type WebSocketLike } from "./websocket_line.ts";

export type { AbortSignalLike } from "./options.ts";
export type { WithLimits } from "./serving.ts";
export type { WebSocketEnd, WebSocketLike, WebSocketMessage } from "./websocket_line.ts";

/** What {@linkcode converse} may be told. */
export interface WebSocketOptions
  extends Pick<ConnectOptions, "signal" | "connectTimeout" | "onerror"> {
  /** Who is at the other end, for messages; the WebSocket's `url`. */
  readonly peer?: string;
  /**
   * Bytes that have come and were not read, at most; 1 MiB. Each message counts 64 bytes more than
   * it has. Beyond it the conversation ends with a `LimitError`.
   */
  readonly maxReceived?: number;
}

/** What a WebSocket can do and cannot, beside what all adapters say. */
export interface WebSocketCapabilities extends Capabilities {
  /** Our end leaves the peer's side open. */
  readonly halfClose: boolean;
  /** A peer stalls while nobody reads. */
  readonly inputBackpressure: boolean;
}

/** What WebSockets can do. */
export const capabilities: WebSocketCapabilities = {
  listen: false,
  unix: false,
  // The peer is told a close code that says so: 4000.
  reset: true,
  cancelConnect: true,
  // A page is not told why a connection was not made.
  preciseErrors: false,
  dataBeforeReset: true,
  addresses: false,
  // A page asks for it by wss:.
  ...NO_TLS,
  halfClose: false,
  inputBackpressure: false,
};

/** What may lie unread when nothing else is said, in bytes. */
const MAX_RECEIVED = 1024 * 1024;

/**
 * Binds `chat`, of either face, to a WebSocket, and resolves with it when the WebSocket stands.
 *
 * @throws {ChatError} as without `chat`; no hook has been called then.
 * @throws {Error} when `chat` has had its conversation; the WebSocket has been closed then.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { converse } from "asynchat/adapters/websocket";
 *
 * function join(url: string, show: (line: string) => void): Promise<AsyncChat> {
 *   return converse(
 *     new WebSocket(url),
 *     new AsyncChat({
 *       terminator: ["\r\n", "\n"],
 *       foundTerminator() {
 *         show(this.getText());
 *       },
 *     }),
 *   );
 * }
 * ```
 */
export function converse<C extends AsyncChat | Chat>(
  socket: WebSocketLike,
  chat: C,
  options?: WebSocketOptions,
): Promise<C>;
/**
 * Starts a conversation on a WebSocket, and resolves with it when the WebSocket stands. It is the
 * conversation's from then on.
 *
 * Call it in the turn in which you got the WebSocket: what had come before is lost. Bytes go out as
 * binary messages; how they are cut means nothing, in either direction. Text messages that come stand
 * for their UTF-8.
 *
 * | the peer closes with     | the conversation is told                          |
 * | ------------------------ | ------------------------------------------------- |
 * | 1000, 1001, or no code   | the end of the input; no more can be sent         |
 * | any other code           | kind `"reset"`, whose `code` is that              |
 * | nothing: 1006            | kind `"reset"`                                    |
 *
 * The error's `cause` has the peer's own reason. Output that is queued when the peer closes cannot be
 * sent: that is a reset, and the report counts it. `close()` and `abort()` close with the code 4000.
 *
 * @param options the limits of the conversation, and what {@linkcode WebSocketOptions} has
 * @throws {ChatError} kind `"refused"` when it cannot be opened, `"closed"` when it is closing or
 * closed, `"timeout"` after `connectTimeout`, `"aborted"` by the signal. As a rejection, as all.
 * @throws {RangeError} for a limit that makes no sense.
 *
 * @example In a page
 * ```ts
 * import { converse } from "asynchat/adapters/websocket";
 *
 * async function join(url: string, show: (line: string) => void): Promise<void> {
 *   await using chat = await converse(new WebSocket(url));
 *   await chat.write("/nick ann\n");
 *   for (let line = await chat.readLine(); line !== null; line = await chat.readLine()) show(line);
 * }
 * ```
 */
export function converse(
  socket: WebSocketLike,
  options?: WithLimits<WebSocketOptions>,
): Promise<Chat>;
export async function converse(
  socket: WebSocketLike,
  chatOrOptions?: Chat | AsyncChat | WithLimits<WebSocketOptions>,
  options?: WebSocketOptions,
): Promise<Chat | AsyncChat> {
  const party: Party<WebSocketOptions> = partyOf(chatOrOptions, options);
  const { maxReceived = MAX_RECEIVED, peer = socket.url || "a WebSocket" } = party.options;
  if (!(maxReceived > 0)) {
    throw new RangeError(`maxReceived must be above 0 bytes; got ${maxReceived}`);
  }
  const line = new Line(socket, peer, maxReceived);
  if (line.isConnecting) {
    await opening(peer, party.options, () => ({
      socket: line.opened(),
      abandon: () => line.abandon(),
    }));
  } else if (!line.isOpen) {
    throw new ChatError("closed", `${peer}: the WebSocket is closed; make a new one`);
  }
  drive(party.asyncChat, (events) => line.transport(events), party.options);
  return party.chat;
}
