/**
 * The adapter of the runtime that the program is started on: Node's, Deno's, Bun's or Cloudflare's.
 *
 * Which one is chosen when the module is resolved, by export condition, so that only that one is
 * loaded. What is declared here is what all of them share.
 *
 * @module asynchat/adapters
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { Capabilities } from "../core/transport.ts";
import type { ChatFactory, ConnectOptions, Listener, ListenOptions } from "./options.ts";
import type { ChatConnectOptions, ChatHandler, ServeOptions } from "./serving.ts";

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

/** What this runtime can do and cannot. */
export declare const capabilities: Capabilities;

/**
 * Connects, and resolves with a `Chat` when the peer has accepted.
 *
 * @throws {ChatError} when it cannot. Kind `"unsupported"` for what {@linkcode capabilities} says
 * this runtime cannot do.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example The same program on every runtime that can listen
 * ```ts
 * import { capabilities, connect, serve } from "asynchat/adapters";
 *
 * if (capabilities.listen) {
 *   await using listener = await serve({ port: 0 }, (chat) => chat.write("welcome\n"));
 *   await using chat = await connect({ port: listener.port });
 *   const greeting = await chat.readLine();
 *   if (greeting !== "welcome") throw new Error(String(greeting));
 * }
 * ```
 */
export declare function connect(options: ChatConnectOptions): Promise<Chat>;
/**
 * Connects `chat`, and resolves with it when the peer has accepted.
 *
 * @throws {ChatError} when it cannot; no hook has been called then. Kind `"unsupported"` for what
 * {@linkcode capabilities} says this runtime cannot do.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example The same program on every runtime that can listen
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { capabilities, connect, listen } from "asynchat/adapters";
 *
 * if (capabilities.listen) {
 *   await using listener = await listen({ port: 0 }, () => {
 *     const chat = new AsyncChat();
 *     chat.push("welcome\n");
 *     chat.closeWhenDone();
 *     return chat;
 *   });
 *   let heard = "";
 *   const chat = new AsyncChat({
 *     terminator: "\n",
 *     foundTerminator() {
 *       heard = this.getText();
 *     },
 *   });
 *   await connect({ port: listener.port }, chat);
 *   const { reason } = await chat.closed;
 *   if (heard !== "welcome" || reason !== "ended") throw new Error(`${heard} ${reason}`);
 * }
 * ```
 */
export declare function connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;

/**
 * Listens, and makes a conversation for each connection.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken. Kind
 * `"unsupported"` where `capabilities.listen` is false.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export declare function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener>;

/**
 * Listens, and calls `handler` with each connection. When it is done, the connection is closed as
 * soon as all is sent. When it throws, or rejects, that is reported to `onerror`, and its own
 * connection, no other, is aborted.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken. Kind
 * `"unsupported"` where `capabilities.listen` is false.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export declare function serve(options: ServeOptions, handler: ChatHandler): Promise<Listener>;
