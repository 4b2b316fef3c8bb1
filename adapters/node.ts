/**
 * The adapter for Node's `net`.
 *
 * @module asynchat/adapters/node
 */

import { createServer, type Server, type Socket } from "node:net";
import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { ChatError } from "../core/errors.ts";
import type { Capabilities } from "../core/transport.ts";
import { Accepting, listenerOf, type Port } from "./accepting.ts";
import { drive } from "./driver.ts";
import { nameOf, namingOf } from "./naming.ts";
import { dial } from "./node_dial.ts";
import { secureListener } from "./node_tls.ts";
import { transportOf } from "./node_transport.ts";
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
import { toListenError } from "./system_errors.ts";

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

/** What Node can do. */
export const capabilities: Capabilities = {
  listen: true,
  unix: true,
  reset: true,
  cancelConnect: true,
  preciseErrors: true,
  // A reset while paused costs up to 64 KiB that the stream had read ahead.
  dataBeforeReset: false,
  addresses: true,
  tls: true,
  serverTls: true,
  startTls: true,
  serverStartTls: true,
  tlsHandOver: true,
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
 * Connects, and resolves with a `Chat` when the peer has accepted; with `tls`, when the handshake has
 * been made. A name that has several addresses is tried at all of them: the next one begins when the
 * one before has failed, or has not answered within 250 ms.
 *
 * @throws {ChatError} when it cannot; kind `"tls"` when there is no handshake.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { connect, serve } from "asynchat/adapters/node";
 *
 * await using listener = await serve({ port: 0 }, (chat) => chat.write("220 ready\r\n"));
 * await using chat = await connect({ port: listener.port, maxFrameLength: 512 });
 * const greeting = await chat.readLine({ timeout: 5_000 });
 * if (greeting !== "220 ready") throw new Error(String(greeting));
 * ```
 */
export function connect(options: ChatConnectOptions): Promise<Chat>;
/**
 * Connects `chat`, and resolves with it when the peer has accepted; as above.
 *
 * @throws {ChatError} when it cannot; no hook has been called then.
 * @throws {TypeError | RangeError} for options that make no sense.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { connect, listen } from "asynchat/adapters/node";
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
  const socket = await opening(target.name, options, () => dial(target, options));
  drive(
    chat,
    (events) => transportOf(socket, namingOf(target, capabilities), options, events),
    options,
  );
  return chat;
}

/**
 * Listens, and makes a conversation for each connection.
 *
 * With `tls` it begins when the client has made its handshake, for which it has 30 seconds; one that
 * fails is reported with kind `"tls"` or `"timeout"`, and harms nobody else. Handshakes under way when
 * the listener is closed are cut off. Callers for whom there is no file descriptor are closed by Node
 * itself, and not reported.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken. Kind
 * `"tls"` for a certificate or a key that cannot be used.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export async function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener> {
  const target = listenTarget(options, capabilities);
  const accepting = new Accepting(options, factory);
  const peerOf = ({ remoteAddress, remotePort }: Socket) =>
    target.path === undefined ? nameOf(remoteAddress, remotePort) : target.name;
  const accept = (socket: Socket) => {
    const about = { ...namingOf(target, capabilities), peer: peerOf(socket) };
    accepting.accept(about.peer, (events) => transportOf(socket, about, options, events));
  };
  const report = (error: ChatError, peer: string) => accepting.report(error, peer);
  const tls = tlsOf(options);
  const { server, stop } = tls === undefined
    ? { server: createServer({ allowHalfOpen: true }, accept), stop() {} }
    : secureListener(tls, target.name, peerOf, accept, report);
  const { backlog = 511 } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(toListenError(error, target.name)));
    const done = () => {
      server.removeAllListeners("error");
      resolve();
    };
    if (target.path !== undefined) server.listen({ path: target.path, backlog }, done);
    else server.listen({ host: target.hostname, port: target.port, backlog }, done);
  });
  // Such as EMFILE on accept: the next connection may well succeed.
  server.on("error", (error) => report(toListenError(error, target.name), target.name));
  return listenerOf(portOf(server, stop), accepting, options);
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
 * import { connect, serve } from "asynchat/adapters/node";
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

function portOf(server: Server, stop: () => void): Port {
  const address = server.address();
  const bound = typeof address === "string" || address === null
    ? { port: 0, address: address ?? "" }
    : address;
  return {
    port: bound.port,
    address: bound.address,
    // Node's own callback waits for the last connection; the address is free at once.
    stop: () => {
      server.close();
      stop();
      return Promise.resolve();
    },
  };
}
