/**
 * What `asynchat/adapters` is on a runtime that we have no adapter for, such as a browser.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import { ChatError } from "../core/errors.ts";
import type { Capabilities } from "../core/transport.ts";
import type { ChatFactory, ConnectOptions, Listener, ListenOptions } from "./options.ts";
import type { ChatConnectOptions, ChatHandler, ServeOptions } from "./serving.ts";
import { NO_TLS } from "./tls_options.ts";

export type { Capabilities } from "../core/transport.ts";
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

/** Nothing can be done here. */
export const capabilities: Capabilities = {
  listen: false,
  unix: false,
  reset: false,
  cancelConnect: false,
  preciseErrors: false,
  dataBeforeReset: false,
  addresses: false,
  ...NO_TLS,
};

/**
 * Cannot connect.
 *
 * @throws {ChatError} kind `"unsupported"`, always, as a rejection.
 */
export function connect(options: ChatConnectOptions): Promise<Chat>;
export function connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;
export function connect(_options: ChatConnectOptions, _chat?: AsyncChat): Promise<never> {
  return Promise.reject(unsupported());
}

/**
 * Cannot listen.
 *
 * @throws {ChatError} kind `"unsupported"`, always, as a rejection.
 */
export function listen(_options: ListenOptions, _factory: ChatFactory): Promise<Listener> {
  return Promise.reject(unsupported());
}

/**
 * Cannot serve.
 *
 * @throws {ChatError} kind `"unsupported"`, always, as a rejection.
 */
export function serve(_options: ServeOptions, _handler: ChatHandler): Promise<Listener> {
  return Promise.reject(unsupported());
}

function unsupported(): ChatError {
  return new ChatError(
    "unsupported",
    "asynchat has no adapter for this runtime: there is one each for Node, Deno, Bun and " +
      "Cloudflare Workers. The core works everywhere, over any transport that you drive yourself",
  );
}
