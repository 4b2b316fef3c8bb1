/**
 * The adapter for Cloudflare Workers: sockets of `cloudflare:sockets`, and inbound ones.
 *
 * A socket belongs to the request that made it, and ends with it: a `fetch` handler that connects
 * awaits `chat.closed`, or hands it to `ctx.waitUntil`, before it is done. A conversation, however,
 * may be spoken to from any request of the same isolate, as long as its own request lasts.
 *
 * @module
 */

import { connect as open } from "cloudflare:sockets";
import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { ChatOptions } from "../core/chat_options.ts";
import { ChatError } from "../core/errors.ts";
import { completeLimits } from "../core/limits.ts";
import type { Capabilities, Transport } from "../core/transport.ts";
import { complain } from "./clock.ts";
import { stayInRequest } from "./cloudflare_request.ts";
import {
  ignore,
  standing,
  toChatError,
  transportOf,
  type WorkerSocket,
} from "./cloudflare_socket.ts";
import { drive } from "./driver.ts";
import { opening } from "./opening.ts";
import {
  type ChatFactory,
  type ConnectOptions,
  connectTarget,
  type Listener,
  type ListenOptions,
  type SocketOptions,
} from "./options.ts";
import {
  type ChatConnectOptions,
  chatFactory,
  type ChatHandler,
  connectChat,
  type ServeOptions,
  splitLimits,
} from "./serving.ts";

export type {
  WorkerReader,
  WorkerSocket,
  WorkerSocketInfo,
  WorkerWriter,
} from "./cloudflare_socket.ts";
export type {
  AbortSignalLike,
  Adapter,
  ChatFactory,
  CloseOptions,
  ConnectOptions,
  Listener,
  ListenOptions,
  SocketOptions,
} from "./options.ts";
export type { ChatAdapter, ChatConnectOptions, ChatHandler, ServeOptions } from "./serving.ts";

/** What Workers can do. */
export const capabilities: Capabilities = {
  // Connections come to the Worker's `connect` handler: see `handler`.
  listen: false,
  unix: false,
  reset: false,
  // It is closed as soon as it opens.
  cancelConnect: false,
  // Refused, an unknown name, a forbidden network: one text, no code. All are told as "refused".
  preciseErrors: false,
  dataBeforeReset: true,
  // Known for inbound sockets only.
  addresses: false,
};

/**
 * Connects, and resolves with a `Chat` when the peer has accepted.
 *
 * @throws {ChatError} when it cannot, kind `"refused"` also for a name that does not resolve. Kind
 * `"unsupported"` for `path`, `keepAlive` and `noDelay: false`.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example A Worker that asks a Redis server
 * ```ts
 * import { connect } from "asynchat/adapters/cloudflare";
 *
 * export default {
 *   async fetch(): Promise<Response> {
 *     await using chat = await connect({ hostname: "redis.example", port: 6379 });
 *     await chat.write("PING\r\n");
 *     return new Response(await chat.readLine({ timeout: 5_000 }));
 *   },
 * };
 * ```
 */
export function connect(options: ChatConnectOptions): Promise<Chat>;
/**
 * Connects `chat`, and resolves with it when the peer has accepted.
 *
 * @throws {ChatError} when it cannot, kind `"refused"` also for a name that does not resolve; no
 * hook has been called then. Kind `"unsupported"` for `path`, `keepAlive` and `noDelay: false`.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example A Worker that asks a Redis server
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { connect } from "asynchat/adapters/cloudflare";
 *
 * export default {
 *   async fetch(): Promise<Response> {
 *     let answer = "";
 *     const chat = new AsyncChat({
 *       terminator: "\r\n",
 *       foundTerminator() {
 *         answer = this.getText();
 *         this.closeWhenDone();
 *       },
 *     });
 *     chat.push("PING\r\n");
 *     await connect({ hostname: "redis.example", port: 6379 }, chat);
 *     await chat.closed;
 *     return new Response(answer);
 *   },
 * };
 * ```
 */
export function connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;
export async function connect(
  options: ChatConnectOptions,
  chat?: AsyncChat,
): Promise<AsyncChat | Chat> {
  if (chat === undefined) return connectChat(options, connect);
  const target = connectTarget(options, capabilities);
  if (options.keepAlive) throw unsupported("keepAlive: Workers do not probe idle peers");
  if (options.noDelay === false) throw unsupported("noDelay: false: small writes leave at once");
  const socket = await opening(target.name, options, () => {
    const socket = dial(target.name);
    return {
      socket: standing(socket, target.name).then(() => socket),
      // While it is connecting this takes effect when it stands.
      abandon: () => void socket.close().catch(ignore),
    };
  });
  converse(socket, chat, { peer: target.name, local: undefined }, options);
  return chat;
}

/**
 * Throws: a Worker opens no port, connections are handed to its `connect` handler.
 *
 * @throws {ChatError} kind `"unsupported"`, always; use {@linkcode handler}.
 */
export function listen(_options: ListenOptions, _factory: ChatFactory): Promise<Listener> {
  return Promise.reject(
    unsupported("listening: export default { connect: handler(factory) } instead"),
  );
}

/**
 * Throws, as {@linkcode listen} does.
 *
 * @throws {ChatError} kind `"unsupported"`, always; use {@linkcode chatHandler}.
 */
export function serve(_options: ServeOptions, _handler: ChatHandler): Promise<Listener> {
  return Promise.reject(
    unsupported("listening: export default { connect: chatHandler(handler) } instead"),
  );
}

/** What {@linkcode handler} and {@linkcode accept} may be told. */
export type AcceptOptions = Pick<SocketOptions, "onerror">;

/**
 * Makes the `connect` handler of a Worker, or of a Durable Object: a conversation for each inbound
 * connection.
 *
 * What it returns never throws, and resolves when the conversation has ended, which keeps the
 * request alive until then. A factory that throws costs its own connection.
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
      const chat = await accept(socket, factory(peer), options);
      await chat.closed;
    } catch (error) {
      (options.onerror ?? complain)(error, peer);
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
    await handler(chatFactory(handle, limits, (started) => running = started), others)(socket);
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
  const { remoteAddress = NOBODY, localAddress } = await standing(socket, NOBODY);
  converse(socket, chat, { peer: remoteAddress, local: localAddress }, options);
  return chat;
}

/** For sockets that do not say: those of a service binding. */
const NOBODY = "an unnamed peer";

function dial(name: string): WorkerSocket {
  try {
    return open(name, { allowHalfOpen: true });
  } catch (error) {
    // Such as a letter that no host name has.
    throw toChatError(error, name, "refused");
  }
}

function converse(
  socket: WorkerSocket,
  chat: AsyncChat,
  names: Pick<Transport, "peer" | "local">,
  options: AcceptOptions,
): void {
  drive(chat, (events) => transportOf(socket, names, chat.inBufferSize, events), options);
  stayInRequest(chat, socket);
}

function unsupported(what: string): ChatError {
  return new ChatError("unsupported", `Cloudflare Workers cannot do that: ${what}`);
}
