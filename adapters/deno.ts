/**
 * The adapter for Deno's own sockets: `Deno.connect` and `Deno.listen`.
 *
 * @module asynchat/adapters/deno
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Chat } from "../core/chat.ts";
import type { Capabilities } from "../core/transport.ts";
import { Accepting, listenerOf } from "./accepting.ts";
import { dial } from "./deno_dial.ts";
import { DenoPort, opened } from "./deno_port.ts";
import { checkClient, checkServer } from "./deno_tls.ts";
import { transportOf } from "./deno_transport.ts";
import { drive } from "./driver.ts";
import { namingOf } from "./naming.ts";
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
  tls: true,
  serverTls: true,
  startTls: true,
  // There is no call for it.
  serverStartTls: false,
  tlsHandOver: false,
  // They are trusted besides Deno's own.
  customCa: true,
  // By connect() alone, not by startTls().
  clientCertificates: true,
  requestsCertificates: false,
  alpn: true,
  serverName: true,
  insecureTls: false,
  // What is closed in the middle of one is kept until the peer makes its half, or goes away.
  cancelHandshake: false,
  detectsTruncation: true,
};

/**
 * Connects, and resolves with a `Chat` when the peer has accepted.
 *
 * With `tls` the handshake has been made by then. Authorities of `ca` are trusted *besides* those of
 * Deno, which `DENO_TLS_CA_STORE` names. A connect with a certificate of its own cannot be cancelled
 * in the system, and is closed when it stands. A peer that ends the connection without ending TLS
 * first is told as a reset, not as the end: somebody else may have cut it.
 *
 * @throws {ChatError} when it cannot: kind `"tls"` when there is no handshake; `"unsupported"` for
 * TLS on a unix socket, and for `cert` together with a `serverName` that is not the hostname.
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
 * Connects `chat`, and resolves with it when the peer has accepted; with `tls` as above.
 *
 * With `startTls` a handshake can be made as the client. Call `startTls()` in the hook that is told
 * of the go-ahead, or `pause()` there: while a read is under way, which Deno cannot call off, it
 * rejects with kind `"unsupported"`, as it does for a certificate of our own.
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
  needRuntime("Deno");
  const target = connectTarget(options, capabilities);
  if (options.tls || options.startTls) checkClient(target, tlsOf(options));
  const { conn, tls } = await opening(target.name, options, () => dial(target, options));
  const about = namingOf(target, capabilities, tls);
  drive(chat, (events, sizeOf) => transportOf(conn, about, options, events, sizeOf), options);
  return chat;
}

/**
 * Listens, and makes a conversation for each connection.
 *
 * With `tls` it begins when the client has made its handshake, for which it has 30 seconds; one that
 * fails is reported to `onerror`. Deno does not let such connections be tuned: `noDelay` has no
 * effect on them.
 *
 * Needs the permission `--allow-net`; for a unix socket `--allow-read` and `--allow-write`.
 *
 * @throws {ChatError} when the address cannot be had; `code` is `EADDRINUSE` when it is taken. Kind
 * `"tls"` for a certificate or a key that cannot be used; `"unsupported"` for what
 * {@linkcode capabilities} says, and for `tls` with a `path` or `keepAlive`.
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export async function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener> {
  needRuntime("Deno");
  const target = listenTarget(options, capabilities);
  if (options.tls) checkServer(target, options);
  const accepting = new Accepting(options, factory);
  const port = new DenoPort(await opened(target, options), target);
  port.start({
    each(conn, peer, tls) {
      const about = { ...namingOf(target, capabilities, tls), peer };
      accepting.accept(
        peer,
        (events, sizeOf) => transportOf(conn, about, options, events, sizeOf),
      );
    },
    failed: (error, peer) => accepting.report(error, peer),
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
