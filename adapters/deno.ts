/**
 * The adapter for Deno's own sockets: `Deno.connect` and `Deno.listen`.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { Capabilities } from "../core/transport.ts";
import { Accepting, listenerOf } from "./accepting.ts";
import { addressOf, explain, type Socket, transportOf } from "./deno_transport.ts";
import { DenoPort, opened } from "./deno_port.ts";
import { drive } from "./driver.ts";
import { opening } from "./opening.ts";
import {
  type ChatFactory,
  type ConnectOptions,
  connectTarget,
  type Listener,
  type ListenOptions,
  listenTarget,
  type Target,
} from "./options.ts";
import {
  type ChatConnectOptions,
  type ChatHandler,
  connectChat,
  serveChats,
  type ServeOptions,
} from "./serving.ts";
import { NO_TLS } from "./tls_options.ts";

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

/** What Deno can do. */
export const capabilities: Capabilities = {
  listen: true,
  unix: true,
  // close() sends a FIN, and there is no other way to close.
  reset: false,
  cancelConnect: true,
  preciseErrors: true,
  dataBeforeReset: true,
  addresses: true,
  ...NO_TLS,
};

/**
 * Connects, and resolves with a `Chat` when the peer has accepted.
 *
 * @throws {ChatError} when it cannot.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { connect, serve } from "asynchat/adapters/deno";
 *
 * await using listener = await serve({ port: 0 }, (chat) => chat.write("220 ready\r\n"));
 * await using chat = await connect({ port: listener.port, maxFrameLength: 512 });
 * const greeting = await chat.readLine({ timeout: 5_000 });
 * if (greeting !== "220 ready") throw new Error(String(greeting));
 * ```
 */
export function connect(options: ChatConnectOptions): Promise<Chat>;
/**
 * Connects `chat`, and resolves with it when the peer has accepted.
 *
 * Needs the permission `--allow-net`; for a unix socket `--allow-read` and `--allow-write`.
 *
 * @throws {ChatError} when it cannot; no hook has been called then.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { connect, listen } from "asynchat/adapters/deno";
 *
 * await using listener = await listen({ port: 0 }, () =>
 *   new AsyncChat({
 *     terminator: "\n",
 *     foundTerminator() {
 *       this.push(`you said ${this.getText()}\n`);
 *     },
 *   }));
 *
 * const answer = await new Promise<string>((resolve) => {
 *   const chat = new AsyncChat({
 *     terminator: "\n",
 *     foundTerminator() {
 *       resolve(this.getText());
 *       this.closeWhenDone();
 *     },
 *   });
 *   chat.push("hello\n");
 *   void connect({ port: listener.port }, chat);
 * });
 * if (answer !== "you said hello") throw new Error(answer);
 * ```
 */
export function connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;
export async function connect(
  options: ChatConnectOptions,
  chat?: AsyncChat,
): Promise<AsyncChat | Chat> {
  if (chat === undefined) return connectChat(options, connect);
  const target = connectTarget(options, capabilities);
  const conn = await opening(target.name, options, () => attempt(target));
  drive(
    chat,
    (events, sizeOf) => transportOf(conn, target.name, options, events, sizeOf),
    options,
  );
  return chat;
}

function attempt({ path, hostname, port, name }: Target) {
  const cancel = new AbortController();
  const connecting: Promise<Socket> = path !== undefined
    ? Deno.connect({ transport: "unix", path })
    : Deno.connect({ hostname, port, signal: cancel.signal });
  return {
    socket: connecting.catch((error) => {
      throw explain(error, name);
    }),
    abandon() {
      cancel.abort();
      // Too late to cancel, or a unix socket.
      connecting.then((conn) => conn.close(), () => {});
    },
  };
}

/**
 * Listens, and makes a conversation for each connection.
 *
 * Needs the permission `--allow-net`; for a unix socket `--allow-read` and `--allow-write`.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export async function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener> {
  const target = listenTarget(options, capabilities);
  const port = new DenoPort(await opened(target, options), target);
  const accepting = new Accepting(options, factory);
  port.start((conn) => {
    const peer = addressOf(conn.remoteAddr) ?? target.name;
    accepting.accept(
      peer,
      (events, sizeOf) => transportOf(conn, peer, options, events, sizeOf),
    );
  }, (error) => accepting.report(explain(error, target.name), target.name));
  return listenerOf(port, accepting, options);
}

/**
 * Listens, and calls `handler` with each connection. When it is done, the connection is closed as
 * soon as all is sent. When it throws, or rejects, that is reported to `onerror`, and its own
 * connection, no other, is aborted.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { connect, serve } from "asynchat/adapters/deno";
 *
 * await using listener = await serve({ port: 0 }, async (chat) => {
 *   for await (const line of chat.frames("\n")) {
 *     await chat.write(`you said ${new TextDecoder().decode(line)}\n`);
 *   }
 * });
 *
 * await using chat = await connect({ port: listener.port });
 * await chat.write("hello\n");
 * const answer = await chat.readLine();
 * if (answer !== "you said hello") throw new Error(String(answer));
 * ```
 */
export function serve(options: ServeOptions, handler: ChatHandler): Promise<Listener> {
  return serveChats(options, handler, listen);
}
