/**
 * The contract between a conversation and a socket.
 *
 * An adapter *translates* and decides nothing: it starts and stops reading, hands bytes over as
 * they come, writes what it is given, sends a FIN, cuts the connection. Buffering, ordering,
 * limits, deadlines and errors belong to the session and to the driver that stands between.
 *
 * @module
 */

import type { ChatError } from "./errors.ts";
import type { StartTlsOptions, TlsInfo, TlsUpgrade } from "./tls.ts";

/** What the driver asks of a connected byte stream. Nothing here may throw. */
export interface Transport {
  /** Who is at the other end, for messages: `"127.0.0.1:6379"`, `"unix:/run/redis.sock"`. */
  readonly peer: string;
  /** The address at this end, where the runtime tells; `undefined` where it does not. */
  readonly local: string | undefined;
  /** Whether {@linkcode close} can make the peer see a reset. */
  readonly canReset: boolean;
  /** What was agreed on, when TLS is spoken. */
  readonly tls?: TlsInfo | undefined;

  /** Lets input come: from now on {@linkcode TransportEvents.data} is called. Idempotent. */
  resume(): void;
  /** Stops input. A chunk that was already on its way may still be delivered. Idempotent. */
  pause(): void;

  /**
   * Writes bytes. At most one write is under way; `bytes` stay untouched until it is settled.
   *
   * A number says how many bytes the system took at once: when it is less than all, the adapter
   * calls {@linkcode TransportEvents.writable} as soon as there is room again. A promise
   * settles with how many it took, once there is room for more, and never rejects. A failure is told
   * by {@linkcode TransportEvents.failed}; a number is then 0, and a promise settles with 0.
   */
  write(bytes: Uint8Array): number | Promise<number>;

  /** Sends a FIN. Called once, after every write is settled; input goes on. */
  end(): void;

  /**
   * Gives the socket back to the system: at once when both sides have ended, else dropping what is
   * under way. With `reset` the peer shall see a reset, where the runtime can do that.
   * {@linkcode TransportEvents.closed} follows. Idempotent.
   */
  close(reset: boolean): void;

  /**
   * Checks what a handshake would be made with, so that nothing is sent in vain. There is one
   * wherever there is {@linkcode startTls}.
   *
   * @throws {ChatError} kind `"unsupported"` for what cannot be done.
   * @throws {TypeError | RangeError} for options that make no sense.
   */
  checkTls?(role: "client" | "server", options: StartTlsOptions): void;

  /**
   * Begins to speak TLS. Called once at most, while nothing is written and input is paused. Nothing
   * is told while it is under way but {@linkcode TransportEvents.closed}, behind
   * {@linkcode close}; afterwards everything is as before, with other bytes. Left away where it
   * cannot be done, or was not asked for when the socket was opened.
   *
   * Unlike the others it may throw, and its promise rejects when there is no handshake, with a
   * `ChatError` of kind `"tls"`; the socket is then still to be given back by {@linkcode close}.
   */
  startTls?(upgrade: TlsUpgrade): Promise<TlsInfo>;
}

/**
 * What a transport tells its driver.
 *
 * {@linkcode failed} and {@linkcode closed} may come from inside a {@linkcode Transport} method,
 * the others may not.
 */
export interface TransportEvents {
  /**
   * Bytes came. They are borrowed: the driver is done with them when this call answers `true`, or
   * else when it next calls {@linkcode Transport.resume}.
   *
   * @returns whether more input is wanted
   */
  data(chunk: Uint8Array): boolean;
  /** The peer sent its FIN: no {@linkcode data} follows. Output may go on. */
  ended(): void;
  /** There is room for more output after a short {@linkcode Transport.write}. */
  writable(): void;
  /** The connection failed. Only the first call counts. */
  failed(error: ChatError): void;
  /** The socket is gone and nothing else will be told. Called once, last. */
  closed(): void;
}

/** What one runtime can do and cannot; asking for what is `false` throws kind `"unsupported"`. */
export interface Capabilities extends TlsCapabilities {
  /** Accepts connections. */
  readonly listen: boolean;
  /** Connects to, and listens on, unix sockets. */
  readonly unix: boolean;
  /** Aborting with `reset` makes the peer see one, over TCP: a unix socket has none. */
  readonly reset: boolean;
  /** An abandoned connect is cancelled in the system, not merely closed when it completes. */
  readonly cancelConnect: boolean;
  /** A failed connect tells refused, unknown host and others apart. */
  readonly preciseErrors: boolean;
  /** Bytes that came before a peer's reset are delivered even when reading was paused. */
  readonly dataBeforeReset: boolean;
  /** Local and remote addresses are known. */
  readonly addresses: boolean;
}

/** What one runtime can do and cannot about TLS. */
export interface TlsCapabilities {
  /** Connects with TLS. */
  readonly tls: boolean;
  /** Accepts connections with TLS. */
  readonly serverTls: boolean;
  /** Starts TLS in the middle, as the client. */
  readonly startTls: boolean;
  /** Starts TLS in the middle, as the server. */
  readonly serverStartTls: boolean;
  /** Starts TLS over input that has come already: `buffered: "hand-over"`. */
  readonly tlsHandOver: boolean;
  /** Trusts authorities of your own: `ca`. */
  readonly customCa: boolean;
  /** Shows a certificate of its own as a client: `cert` and `key`. */
  readonly clientCertificates: boolean;
  /** Asks clients for theirs: `requestCert`. */
  readonly requestsCertificates: boolean;
  /** Agrees on a protocol, and tells which: `alpn`. */
  readonly alpn: boolean;
  /** Verifies against another name than the one connected to: `serverName`. */
  readonly serverName: boolean;
  /** Takes any certificate when told so: `rejectUnauthorized: false`. */
  readonly insecureTls: boolean;
  /** Lets go of a connection at once when its handshake is abandoned, not when it comes about. */
  readonly cancelHandshake: boolean;
  /** Tells a FIN that no `close_notify` came before: somebody may have cut the answer. */
  readonly detectsTruncation: boolean;
}
