/**
 * Inbound connections of a Worker: they come to its `connect` handler.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { ChatOptions } from "../core/chat_options.ts";
import { completeLimits } from "../core/limits.ts";
import { reportTo } from "./clock.ts";
import { stayInRequest } from "./cloudflare_request.ts";
import {
  type About,
  SPOKEN,
  standing,
  transportOf,
  type WorkerSocket,
} from "./cloudflare_socket.ts";
import { drive } from "./driver.ts";
import type { ChatFactory, SocketOptions } from "./options.ts";
import { chatFactory, type ChatHandler, splitLimits } from "./serving.ts";
import { ignore } from "./stream_transport.ts";

/** What {@linkcode handler} and {@linkcode accept} may be told. */
export interface AcceptOptions extends Pick<SocketOptions, "onerror"> {
  /**
   * Says that these connections come by way of TLS, which the platform has spoken before: a
   * Worker's socket does not tell. The conversation then says so, in its `tls`.
   */
  readonly tls?: boolean;
}

/**
 * Makes the `connect` handler of a Worker, or of a Durable Object: a conversation for each inbound
 * connection.
 *
 * What it returns never throws, and resolves when the conversation has ended, or whichever it has
 * been handed on to: that keeps the request alive until then. A factory that throws costs its own connection.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { handler } from "asynchat/adapters/cloudflare";
 *
 * export default {
 *   connect: handler((peer) =>
 *     new AsyncChat({
 *       terminator: "\n",
 *       foundTerminator() {
 *         this.push(`${peer} said ${this.getText()}\n`);
 *       },
 *     })
 *   ),
 * };
 * ```
 */
export function handler(
  factory: ChatFactory,
  options: AcceptOptions = {},
): (socket: WorkerSocket) => Promise<void> {
  return async (socket) => {
    let peer = NOBODY;
    try {
      const { remoteAddress = NOBODY } = await standing(socket, peer);
      peer = remoteAddress;
      await begin(socket, factory(peer), options).then(({ gone }) => gone);
    } catch (error) {
      reportTo(options.onerror, error, peer);
      await socket.close().catch(ignore);
    }
  };
}

/** What {@linkcode chatHandler} may be told: also the limits of each conversation. */
export interface ChatAcceptOptions extends AcceptOptions, ChatOptions {}

/**
 * Makes the `connect` handler of a Worker, or of a Durable Object, of one async function: it is
 * called with each inbound connection. When it is done, the connection is closed as soon as all is
 * sent. When it throws, or rejects, that is reported to `onerror`, and its own connection aborted.
 *
 * What it returns never rejects, and resolves when both the connection has ended and `handle` is
 * done.
 *
 * @throws {RangeError} for a limit that makes no sense.
 *
 * @example
 * ```ts
 * import { chatHandler } from "asynchat/adapters/cloudflare";
 *
 * export default {
 *   connect: chatHandler(async (chat) => {
 *     for await (const line of chat.frames("\n")) {
 *       await chat.write(`${chat.peer} said ${new TextDecoder().decode(line)}\n`);
 *     }
 *   }),
 * };
 * ```
 */
export function chatHandler(
  handle: ChatHandler,
  options: ChatAcceptOptions = {},
): (socket: WorkerSocket) => Promise<void> {
  const { limits, others } = splitLimits(options);
  completeLimits(limits);
  return async (socket) => {
    let running: Promise<void> | undefined;
    const onstart = (started: Promise<void>) => void (running = started);
    await handler(chatFactory(handle, limits, { onstart }), others)(socket);
    await running;
  };
}

/**
 * Binds `chat` to a socket that you have: one that your own `connect` handler was given, or that a
 * binding's `connect()` made with `allowHalfOpen`. Resolves with it when the socket stands; from
 * then on the socket is the conversation's. Await `chat.closed` before the handler is done.
 *
 * @throws {ChatError} kind `"refused"` when the socket never stood; no hook has been called then.
 * @throws {Error} when `chat` has had its conversation; the socket has been given back then.
 *
 * @example A handler that picks the conversation itself
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { accept, type WorkerSocket } from "asynchat/adapters/cloudflare";
 *
 * export default {
 *   async connect(socket: WorkerSocket, env: { greeting: string }): Promise<void> {
 *     const chat = new AsyncChat();
 *     chat.push(`${env.greeting}\n`);
 *     chat.closeWhenDone();
 *     await accept(socket, chat);
 *     await chat.closed;
 *   },
 * };
 * ```
 */
export async function accept<C extends AsyncChat>(
  socket: WorkerSocket,
  chat: C,
  options: AcceptOptions = {},
): Promise<C> {
  await begin(socket, chat, options);
  return chat;
}

/** Binds `chat` to a socket; `gone` resolves when there is no conversation on it any more. */
async function begin(
  socket: WorkerSocket,
  chat: AsyncChat,
  options: AcceptOptions,
): Promise<{ readonly gone: Promise<void> }> {
  const { remoteAddress = NOBODY, localAddress } = await standing(socket, NOBODY);
  const tls = options.tls || socket.secureTransport === "on" ? SPOKEN : undefined;
  const about = { peer: remoteAddress, local: localAddress, tls };
  return { gone: converse(socket, chat, about, options) };
}

/** For sockets that do not say: those of a service binding. */
const NOBODY = "an unnamed peer";

/**
 * Starts the conversation on a socket that stands, and keeps its request alive. Resolves when the
 * socket is gone and whoever had it last has been told.
 */
export function converse(
  socket: WorkerSocket,
  chat: AsyncChat,
  about: About,
  options: Pick<SocketOptions, "onerror">,
): Promise<void> {
  let last = chat;
  let onclosed = () => {};
  const gone = new Promise<void>((resolve) => onclosed = resolve);
  drive(chat, (events) => transportOf(socket, about, chat.inBufferSize, events), {
    ...options,
    onclosed,
    onattached(next) {
      last = next;
      stayInRequest(next, socket);
    },
  });
  stayInRequest(chat, socket);
  return gone.then(async () => void await last.closed);
}
