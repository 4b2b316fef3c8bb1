/**
 * The adapter for Bun's own sockets: `Bun.connect` and `Bun.listen`.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { Capabilities } from "../core/transport.ts";
import { Accepting, listenerOf, type Port } from "./accepting.ts";
import { BunTransport, HANDLERS, type Socket } from "./bun_transport.ts";
import { drive } from "./driver.ts";
import { nameOf } from "./naming.ts";
import { type Attempt, opening } from "./opening.ts";
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
import { toChatError } from "./system_errors.ts";
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

/** What Bun can do. */
export const capabilities: Capabilities = {
  listen: true,
  unix: true,
  reset: true,
  // It goes on in the system, and is closed when it completes.
  cancelConnect: false,
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
 * import { connect, serve } from "asynchat/adapters/bun";
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
 * An attempt that was given up keeps the process alive until the system gives up as well.
 *
 * @throws {ChatError} when it cannot; no hook has been called then.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { connect, listen } from "asynchat/adapters/bun";
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
  const socket = await opening(target.name, options, () => attempt(target));
  drive(chat, (events) => new BunTransport(socket, target.name, options, events), options);
  return chat;
}

function attempt({ path, hostname, port, name }: Target): Attempt<Socket> {
  const opened = new Promise<Socket>((resolve, reject) => {
    const socket = {
      ...HANDLERS,
      // Bun runs what awaits this before it tells anything else, so that nothing is missed.
      open(socket: Socket) {
        socket.pause();
        resolve(socket);
      },
      connectError: (_: Socket, error: Error) => reject(toChatError(error, name)),
    };
    const common = { data: undefined, allowHalfOpen: true, socket };
    const connecting = path !== undefined
      ? Bun.connect({ ...common, unix: path })
      : Bun.connect({ ...common, hostname, port });
    connecting.catch((error) => reject(toChatError(error, name)));
  });
  return {
    socket: opened,
    abandon: () => void opened.then((socket) => socket.terminate(), () => {}),
  };
}

/**
 * Listens, and makes a conversation for each connection. `backlog` is what Bun sets: 512.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export async function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener> {
  const target = listenTarget(options, capabilities);
  const accepting = new Accepting(options, factory);
  const port = await opened(target, (socket) => {
    socket.pause();
    const peer = target.path === undefined
      ? nameOf(socket.remoteAddress, socket.remotePort)
      : target.name;
    accepting.accept(peer, (events) => new BunTransport(socket, peer, options, events));
  });
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
 * import { connect, serve } from "asynchat/adapters/bun";
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

function opened(target: Target, open: (socket: Socket) => void): Promise<Port> {
  const { path, hostname, port, name } = target;
  const common = { data: undefined, allowHalfOpen: true, socket: { ...HANDLERS, open } };
  return new Promise((resolve) => {
    try {
      resolve(
        path !== undefined
          ? portOf(Bun.listen({ ...common, unix: path }), path)
          : tcpPortOf(Bun.listen({ ...common, hostname, port })),
      );
    } catch (error) {
      throw toChatError(error, name);
    }
  });
}

function portOf(listener: Bun.SocketListener<unknown>, address: string, port = 0): Port {
  return {
    port,
    address,
    // Without `true`, which would close the connections as well.
    stop: () => Promise.resolve(listener.stop()),
  };
}

function tcpPortOf(listener: Bun.TCPSocketListener<unknown>): Port {
  // `hostname` is what was asked for; where it is bound only this tells, which has no type.
  const bound: { address?: string } = {};
  (listener as { getsockname?(into: object): void }).getsockname?.(bound);
  return portOf(listener, bound.address ?? listener.hostname, listener.port);
}
