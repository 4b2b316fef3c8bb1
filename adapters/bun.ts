/**
 * The adapter for Bun's own sockets: `Bun.connect` and `Bun.listen`.
 *
 * @module asynchat/adapters/bun
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { TlsInfo } from "../core/tls.ts";
import type { Capabilities } from "../core/transport.ts";
import { Accepting, listenerOf } from "./accepting.ts";
import { dial } from "./bun_dial.ts";
import type { Socket } from "./bun_handlers.ts";
import { portOf } from "./bun_port.ts";
import { Handshakes, infoOf } from "./bun_tls.ts";
import { transportOf } from "./bun_transport.ts";
import { drive } from "./driver.ts";
import { nameOf, namingOf } from "./naming.ts";
import { opening } from "./opening.ts";
import {
  type ChatFactory,
  type ConnectOptions,
  connectTarget,
  type Listener,
  type ListenOptions,
  listenTarget,
  tlsOf,
} from "./options.ts";
import {
  type ChatConnectOptions,
  type ChatHandler,
  connectChat,
  serveChats,
  type ServeOptions,
} from "./serving.ts";
import { needRuntime } from "./unsupported_error.ts";

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
  tls: true,
  serverTls: true,
  startTls: true,
  serverStartTls: true,
  // An upgrade reads from the socket alone; the way round by node:tls ends both sides at once.
  tlsHandOver: false,
  customCa: true,
  clientCertificates: true,
  requestsCertificates: true,
  alpn: true,
  serverName: true,
  insecureTls: true,
  cancelHandshake: true,
  // A FIN without close_notify is told as an end like any other.
  detectsTruncation: false,
};

/**
 * Connects, and resolves with a `Chat` when the peer has accepted.
 *
 * With `tls` the handshake has been made by then. A TLS peer that cuts what it sends is told from
 * one that ends it only by a reset: an exchange that matters needs its own end mark.
 *
 * @throws {ChatError} when it cannot; kind `"tls"` when there is no handshake, and for a certificate
 * or a key that cannot be used.
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
  needRuntime("Bun");
  const target = connectTarget(options, capabilities);
  const socket = await opening(target.name, options, () => dial(target, tlsOf(options)));
  const tls = options.tls ? infoOf(socket) : undefined;
  const about = namingOf(target, capabilities, tls);
  drive(chat, (events) => transportOf(socket, about, options, events), options);
  return chat;
}

/**
 * Listens, and makes a conversation for each connection. `backlog` is what Bun sets: 512.
 *
 * With `tls` it begins when the client has made its handshake, for which it has 30 seconds; one that
 * fails is reported with kind `"tls"` or `"timeout"`, and harms nobody else. Handshakes under way when the listener
 * is closed are dropped.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken. Kind
 * `"tls"` for a certificate or a key that cannot be used.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export async function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener> {
  needRuntime("Bun");
  const target = listenTarget(options, capabilities);
  const accepting = new Accepting(options, factory);
  const handshakes = new Handshakes();
  const accept = (socket: Socket, peer: string, tls?: TlsInfo) => {
    const about = { ...namingOf(target, capabilities, tls), peer };
    accepting.accept(peer, (events) => transportOf(socket, about, options, events));
  };
  const tls = tlsOf(options);
  const port = await portOf(target, tls, (socket) => {
    const peer = target.path === undefined
      ? nameOf(socket.remoteAddress, socket.remotePort)
      : target.name;
    if (tls === undefined) {
      socket.pause();
      return accept(socket, peer);
    }
    handshakes.make(socket, tls, peer).then(
      (secure) => secure && accept(secure, peer, infoOf(secure)),
      (error) => accepting.report(error, peer),
    );
  });
  const stop = () => {
    handshakes.stop();
    return port.stop();
  };
  return listenerOf({ ...port, stop }, accepting, options);
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
