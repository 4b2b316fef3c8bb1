/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The options and the objects that are the same with every adapter.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { AbortSignalLike } from "../core/chat_options.ts";
import type { TlsOptions } from "../core/tls.ts";
import type { Capabilities } from "../core/transport.ts";
import { quoted } from "../core/wording.ts";
import { checkNames, checkObject } from "./names.ts";
import { checkTls, needStartTls, type Role } from "./tls_options.ts";
import { need } from "./unsupported_error.ts";

export type { AbortSignalLike };

/** What both {@linkcode ConnectOptions} and {@linkcode ListenOptions} have. */
export interface SocketOptions {
  /**
   * Name or address, of IPv6 also in the brackets that it has in a URL; `"localhost"` when neither
   * this nor `path` is given.
   */
  readonly hostname?: string;
  /** Port, 0 to 65535. To listen, 0 takes a free one. */
  readonly port?: number;
  /**
   * Path of a unix socket, instead of `hostname` and `port`: 1 to 107 bytes, none of them zero. The
   * abstract names of Linux, which begin with one, are no paths.
   */
  readonly path?: string;
  /** Whether small writes leave at once; `true`. Writes of one turn leave together anyway. */
  readonly noDelay?: boolean;
  /** Whether the system probes an idle peer; `false`. */
  readonly keepAlive?: boolean;
  /** Where errors go that nobody handled; `console.error`. */
  readonly onerror?: (error: unknown, peer: string) => void;
  /**
   * Says that conversations begin in plaintext and will call `startTls()`. Some runtimes must know
   * when the socket is opened, so it is asked for everywhere. A `Chat` then asks its peer for bytes
   * only while somebody reads, until TLS is spoken.
   */
  readonly startTls?: boolean;
}

/** Whom to call, and how long to try. */
export interface ConnectOptions extends SocketOptions {
  /**
   * Abandons the attempt, which then rejects with kind `"aborted"`; its `cause` is the signal's
   * reason. A conversation that stands is not affected: that is for `abort()`.
   */
  readonly signal?: AbortSignalLike;
  /**
   * Milliseconds until the attempt is abandoned, with TLS the handshake included; 30,000.
   * `Infinity` waits for the system.
   */
  readonly connectTimeout?: number;
  /** Speaks TLS from the first byte; the call resolves when the handshake is done. */
  readonly tls?: boolean | TlsOptions;
}

/** Where to listen. */
export interface ListenOptions extends SocketOptions {
  /** Closes the listener, and leaves the connections that stand. */
  readonly signal?: AbortSignalLike;
  /** Connections that the system keeps until they are accepted; 511, where the runtime can tell. */
  readonly backlog?: number;
  /**
   * Speaks TLS from the first byte, with a certificate of its own. A conversation begins when its
   * handshake is done; one that fails is reported, and harms nobody else.
   */
  readonly tls?: TlsOptions;
}

/** Makes the conversation for one accepted connection. */
export type ChatFactory = (peer: string) => AsyncChat;

/** How to close a listener. */
export interface CloseOptions {
  /** Aborts the connections that stand instead of waiting for them. */
  readonly force?: boolean;
}

/** Accepts connections until it is closed. No single connection's failure ends it. */
export interface Listener {
  /** The port it listens on; 0 for a unix socket. */
  readonly port: number;
  /** The address it listens on, or the path of the unix socket. */
  readonly address: string;
  /** How many connections stand. */
  readonly connections: number;
  /** Resolves when it is closed and the last connection has ended. Never rejects. */
  readonly closed: Promise<void>;
  /** Accepts no more, and resolves when the last connection has ended. Idempotent. */
  close(options?: CloseOptions): Promise<void>;
  /** Closes it and aborts the connections that stand. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an adapter exports. */
export interface Adapter {
  /** What this runtime can do and cannot. */
  readonly capabilities: Capabilities;
  /** Connects `chat`, and resolves with it when the peer has accepted. */
  connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;
  /** Listens, and makes a conversation for each connection. */
  listen(options: ListenOptions, factory: ChatFactory): Promise<Listener>;
}

const COMMON = [
  "hostname",
  "port",
  "path",
  "noDelay",
  "keepAlive",
  "onerror",
  "signal",
  "tls",
  "startTls",
];
const CONNECT = [...COMMON, "connectTimeout"];
const LISTEN = [...COMMON, "backlog"];

/** A target that has been checked: an address or the path of a unix socket. */
export interface Target {
  /** The unix socket's path; when there is one, the other two mean nothing. */
  readonly path: string | undefined;
  /** Name or address. */
  readonly hostname: string;
  /** From 0 on, to connect from 1 on. */
  readonly port: number;
  /** For messages. */
  readonly name: string;
}

/**
 * Checks what `connect` was given.
 *
 * @throws {TypeError} for an option that does not exist: a misspelt, or not yet known, `tls` must
 * not end in plaintext. Also for a hostname that is none.
 * @throws {RangeError} for a port or a timeout out of range, and a path that some system would cut.
 * @throws {ChatError} kind `"unsupported"` for what `capabilities` says cannot be done.
 *
 * @example
 * ```ts
 * import { connectTarget } from "asynchat/adapters/kit";
 * import { capabilities } from "asynchat/adapters/node";
 *
 * const { hostname, port, name } = connectTarget({ hostname: "[::1]", port: 25 }, capabilities);
 * if (`${hostname} ${port} ${name}` !== "::1 25 [::1]:25") throw new Error(name);
 * ```
 */
export function connectTarget(options: ConnectOptions, capabilities: Capabilities): Target {
  checkObject(options, "connect()");
  checkNames(options, CONNECT, "connect()");
  const { connectTimeout } = options;
  if (connectTimeout !== undefined && !(connectTimeout > 0)) {
    throw new RangeError(`connectTimeout must be above 0 milliseconds; got ${connectTimeout}`);
  }
  const target = targetOf(options, capabilities);
  needSecurity(options, "client", capabilities);
  if (target.path === undefined && target.port === 0) {
    throw new RangeError("connect() needs a port from 1 to 65535, or the path of a unix socket");
  }
  return target;
}

/**
 * Checks what `listen` was given, and throws as {@linkcode connectTarget} does; also kind
 * `"unsupported"` where `capabilities.listen` is false.
 */
export function listenTarget(options: ListenOptions, capabilities: Capabilities): Target {
  need(capabilities, "listen", "listening");
  checkObject(options, "listen()");
  checkNames(options, LISTEN, "listen()");
  needSecurity(options, "server", capabilities);
  return targetOf(options, capabilities);
}

/** How TLS shall be spoken from the first byte; `undefined` for plaintext. */
export function tlsOf({ tls }: Pick<ConnectOptions, "tls">): TlsOptions | undefined {
  return tls === true ? {} : tls === false ? undefined : tls;
}

function needSecurity(
  options: ConnectOptions & { readonly tls?: boolean | TlsOptions },
  role: Role,
  capabilities: Capabilities,
): void {
  const { startTls = false, tls: given } = options;
  const tls = tlsOf(options);
  if (
    typeof startTls !== "boolean" ||
    (typeof given !== "object" && typeof given !== "boolean" && given !== undefined)
  ) {
    throw new TypeError("tls is true, false or an object of options; startTls is true or false");
  }
  if (tls !== undefined && startTls) {
    throw new TypeError("TLS begins either at once (tls) or later (startTls), not both");
  }
  if (tls !== undefined) checkTls(role, tls, capabilities);
  if (startTls) needStartTls(role, capabilities);
}

function targetOf(options: SocketOptions, capabilities: Capabilities): Target {
  const { port = 0, path } = options;
  const hostname = checkHostname(options.hostname ?? "localhost");
  if (path !== undefined) {
    need(capabilities, "unix", "a unix socket");
    if (options.hostname !== undefined || options.port !== undefined) {
      throw new TypeError("give either a path, or a hostname and a port");
    }
    return { path: checkPath(path), hostname, port, name: `unix:${path}` };
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`port must be an integer from 0 to 65535; got ${quoted(port)}`);
  }
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return { path, hostname, port, name: `${host}:${port}` };
}

/** An address in brackets, as in a URL. */
const BRACKETS = /^\[(.*:.*)\]$/;
/** What no name and no address has in it. */
const NO_HOST = /[\s\p{Cc}]/u;

function checkHostname(hostname: string): string {
  if (typeof hostname !== "string" || hostname === "" || NO_HOST.test(hostname)) {
    throw new TypeError(`hostname must be a name or an address; got ${quoted(hostname)}`);
  }
  return BRACKETS.exec(hostname)?.[1] ?? hostname;
}

/** What Linux has room for in `sun_path`, in bytes, with its closing zero; elsewhere it is less. */
const LONGEST_PATH = 107;

function checkPath(path: string): string {
  if (typeof path !== "string") throw new TypeError(`path must be text; got ${quoted(path)}`);
  // Some systems would cut it there, or cut a longer one, and then listen somewhere else.
  if (path.includes("\0")) {
    throw new RangeError(`the path of a unix socket has no zero byte: ${quoted(path)}`);
  }
  const bytes = [...path].reduce((sum, letter) => sum + utf8Size(letter), 0);
  if (bytes > 0 && bytes <= LONGEST_PATH) return path;
  throw new RangeError(
    `the path of a unix socket has 1 to ${LONGEST_PATH} bytes; this one has ${bytes}: ${path}`,
  );
}

function utf8Size(letter: string): number {
  const code = letter.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
