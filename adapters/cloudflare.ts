/**
 * The adapter for Cloudflare Workers: sockets of `cloudflare:sockets`, and inbound ones.
 *
 * A socket belongs to the request that made it, and ends with it: a `fetch` handler that connects
 * awaits `chat.closed`, or hands it to `ctx.waitUntil`, before it is done. A conversation, however,
 * may be spoken to from any request of the same isolate, as long as its own request lasts.
 *
 * @module asynchat/adapters/cloudflare
 */

import { connect as open } from "cloudflare:sockets";
import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import { ChatError } from "../core/errors.ts";
import type { Capabilities } from "../core/transport.ts";
import { converse } from "./cloudflare_inbound.ts";
import { SPOKEN, standing, toChatError, type WorkerSocket } from "./cloudflare_socket.ts";
import { opening } from "./opening.ts";
import {
  type ChatFactory,
  type ConnectOptions,
  connectTarget,
  type Listener,
  type ListenOptions,
  tlsOf,
} from "./options.ts";
import {
  type ChatConnectOptions,
  type ChatHandler,
  connectChat,
  type ServeOptions,
} from "./serving.ts";
import { ignore } from "./stream_transport.ts";
import { NO_TLS } from "./tls_options.ts";

export {
  accept,
  type AcceptOptions,
  type ChatAcceptOptions,
  chatHandler,
  handler,
} from "./cloudflare_inbound.ts";
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
export type { ByteReader } from "./stream_transport.ts";

/** What Workers can do. */
export const capabilities: Capabilities = {
  // Connections come to the Worker's `connect` handler: see `handler`.
  listen: false,
  unix: false,
  reset: false,
  // It is closed as soon as it opens.
  cancelConnect: false,
  // Refused, an unknown name, a forbidden network, a certificate that is not trusted: one text, no
  // code. All are told as "refused", or as "tls" where TLS was asked for.
  preciseErrors: false,
  dataBeforeReset: true,
  // Known for inbound sockets only.
  addresses: false,
  ...NO_TLS,
  // Authorities and certificates are the configuration's, as is all TLS of inbound connections: say
  // `tls: true` to `handler` where there is some.
  tls: true,
  serverTls: true,
  startTls: true,
  detectsTruncation: true,
};

/**
 * Connects, and resolves with a `Chat` when the peer has accepted.
 *
 * With `tls: true` the handshake has been made by then. Whom to trust, and which certificate of our
 * own to show, is configured where the Worker is deployed and cannot be said here. A peer that ends
 * the connection without ending TLS first is told as a reset, not as the end: somebody else may
 * have cut it.
 *
 * @throws {ChatError} when it cannot, kind `"refused"` also for a name that does not resolve; with
 * `tls` the kind is `"tls"` for all of that. Kind `"unsupported"` for `path`, `keepAlive`,
 * `noDelay: false`, and what {@linkcode capabilities} says of TLS.
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
 * Connects `chat`, and resolves with it when the peer has accepted; with `tls: true` as above.
 *
 * With `startTls` a handshake can be made as the client. Call `startTls()` in the hook that is told
 * of the go-ahead, or `pause()` there: while a read is under way, which cannot be called off, it
 * rejects with kind `"unsupported"`.
 *
 * @throws {ChatError} when it cannot, as above; no hook has been called then.
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
  const tls = tlsOf(options) !== undefined;
  const socket = await opening(target.name, options, () => {
    const socket = dial(target.name, tls ? "on" : options.startTls ? "starttls" : "off");
    return {
      socket: standing(socket, target.name, tls ? "tls" : "refused").then(() => socket),
      // While it is connecting this takes effect when it stands.
      abandon: () => void socket.close().catch(ignore),
    };
  });
  void converse(socket, chat, {
    peer: target.name,
    local: undefined,
    tls: tls ? SPOKEN : undefined,
    startTls: options.startTls ? capabilities : undefined,
  }, options);
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

function dial(name: string, secureTransport: "on" | "off" | "starttls"): WorkerSocket {
  try {
    return open(name, { allowHalfOpen: true, secureTransport });
  } catch (error) {
    // Such as a letter that no host name has.
    throw toChatError(error, name, "refused");
  }
}

function unsupported(what: string): ChatError {
  return new ChatError("unsupported", `Cloudflare Workers cannot do that: ${what}`);
}
