/**
 * What a conformance case is, and what it is given. Cases are plain functions: they know no test
 * runner, no runtime and no adapter but the one they are handed.
 *
 * @module
 */

import type { Adapter, ConnectOptions, Listener, ListenOptions } from "../adapters/options.ts";
import type { AsyncChat } from "../core/async_chat.ts";
import type { AsyncChatOptions } from "../core/async_chat_options.ts";
import type { ChatError } from "../core/errors.ts";
import type { CloseReport } from "../core/close_report.ts";
import type { TlsOptions } from "../core/tls.ts";
import type { Capabilities } from "../core/transport.ts";
import type { CertificateName, Certificates } from "./certificates.ts";
import type { NetworkPlan } from "./network.ts";

/** `MUST` makes conforming, `SHOULD` missed is shown as non-strict, `INFO` only tells. */
export type Level = "MUST" | "SHOULD" | "INFO";

/** One thing that a case needs or contradicts: an adapter's capability. */
export type Capability = keyof Capabilities | "inbound";

/** One case. Its id never changes its meaning and is never used again for another. */
export interface Case {
  /** The clause and a number: `"CLS-2.1"`. */
  readonly id: string;
  /** A sentence that is false exactly when the case fails. */
  readonly title: string;
  /** Why anybody should care: what breaks for users when it fails. */
  readonly why: string;
  /** What it means when the case fails. */
  readonly level: Level;
  /** `core` needs no socket; `client` connects to the witness; in `server` the witness connects. */
  readonly role: "core" | "client" | "server";
  /** Capabilities without which the case does not apply: it is then "unsupported", with reason. */
  readonly needs?: readonly Capability[];
  /** The contrary case: it applies only where this is declared false. */
  readonly lacks?: Capability;
  /**
   * How long it may go on without anything happening, in milliseconds; 5,000, and 60,000 for `core`.
   * In all it may take four times as long.
   */
  readonly budget?: number;
  /** Runs it; resolves when it passes, throws {@linkcode Failure} when it does not. */
  run(t: Context): Promise<void> | void;
}

/** What a case throws when its title is not true. */
export class Failure extends Error {
  /** `"Failure"`. */
  override name = "Failure";
  /** What should have been. */
  readonly expected: string | undefined;
  /** What was. */
  readonly observed: string | undefined;

  /**
   * Makes the failure of one case.
   *
   * @param message what is not true, in words
   * @param expected what should have been
   * @param observed what was
   */
  constructor(message: string, expected?: string, observed?: string) {
    super(message);
    this.expected = expected;
    this.observed = observed;
  }
}

/** The implementation under test. */
export interface Subject {
  /** For the table: `"Node 20"`. */
  readonly name: string;
  /** `"node"`, `"deno"`, `"bun"`, `"workerd"`. */
  readonly runtime: string;
  /** The runtime's exact version. */
  readonly version: string;
  /** The adapter's own public functions, used as a user would. */
  readonly adapter: Adapter;
  /**
   * Where the runtime is given connections instead of opening a port itself (workerd): lets
   * `factory` have them until `close`. Used for server cases when `listen` is not possible.
   * `onerror` gets what a listener's `onerror` would get; `options` says what else `listen` would.
   */
  readonly inbound?: (
    factory: (peer: string) => AsyncChat,
    onerror: (error: unknown, peer: string) => void,
    options: InboundOptions,
  ) => Promise<{
    /** Where the witness connects to. */
    hostname: string;
    /** The port there. */
    port: number;
    /** Gives connections to `factory` no more. */
    close(): Promise<void>;
  }>;
}

/** How connections are to be accepted; in plaintext when nothing is said. */
export interface InboundOptions {
  /** TLS from the first byte. */
  readonly tls?: TlsOptions;
  /** Plaintext that `startTls()` may end. */
  readonly startTls?: boolean;
}

/** One step of what the witness does on a connection, in order; `do` names it. */
export type Step =
  | {
    /** Receives exactly so many bytes. */
    readonly do: "recv";
    /** How many. */
    readonly bytes: number;
  }
  | {
    /** Receives until the other side's FIN. */
    readonly do: "recv-end";
  }
  | {
    /** Sends so many bytes of the self-locating stream, in random pieces, from where it stands. */
    readonly do: "send";
    /** How many bytes of it. */
    readonly bytes: number;
    /** The size of every piece, in bytes, instead of random ones. */
    readonly piece?: number;
  }
  | {
    /** Sends this text, in pieces of `piece` bytes when given, each in a segment of its own. */
    readonly do: "text";
    /** The text, sent as UTF-8. */
    readonly text: string;
    /** The size of every piece, in bytes; all at once. */
    readonly piece?: number;
  }
  | {
    /** Sends back whatever comes, until the other side's FIN. */
    readonly do: "echo";
  }
  | {
    /** Sends a FIN, with TLS a `close_notify` before it. Goes on receiving. */
    readonly do: "fin";
  }
  | {
    /**
     * Makes a handshake, and speaks TLS from then on. What has been received and not taken by a
     * step before is the beginning of it. When it fails the connection and its program are over.
     */
    readonly do: "tls";
    /** Which side it is; the server where it was called, the client where it calls. */
    readonly role?: "client" | "server";
    /** Whom it says it is; a server `"good"`, a client nobody. */
    readonly certificate?: CertificateName;
    /** A server asks for a certificate of {@linkcode Certificates.ca}, and refuses all others. */
    readonly requestCert?: boolean;
    /** The protocols that it speaks, the preferred one first. */
    readonly alpn?: readonly string[];
    /** The name that a client asks for, and that the certificate must be for; `"localhost"`. */
    readonly serverName?: string;
    /** Plaintext that a client sends in one segment with the beginning of its handshake. */
    readonly header?: string;
    /** Looks at the records as well, for {@linkcode SeenTls.notified}. */
    readonly watched?: boolean;
  }
  | {
    /** Sends a FIN under TLS, without a `close_notify`: as whoever cuts the line does. */
    readonly do: "cut";
  }
  | {
    /** Resets the connection. */
    readonly do: "reset";
  }
  | {
    /** Stops reading from the socket; the other side will stall. */
    readonly do: "pause";
  }
  | {
    /** Reads again, at most `rate` bytes a second when given. */
    readonly do: "resume";
    /** Bytes a second at most; no bound. */
    readonly rate?: number;
  }
  | {
    /** Waits until the case says so, with `peer.release()`. */
    readonly do: "hold";
  };

/** What the witness has seen of TLS on one connection. */
export interface SeenTls {
  /** The handshake is done. */
  readonly secure: boolean;
  /** Why there was none. */
  readonly error?: string;
  /** Bytes received by way of TLS. */
  readonly received: number;
  /** The first 4 KiB of them; see {@linkcode Seen.text}. */
  readonly text: string;
  /** What ALPN chose. */
  readonly alpn?: string;
  /** The name that the client asked for (SNI). */
  readonly serverName?: string;
  /** The common name of the other side's certificate. */
  readonly subject?: string;
  /** Whether the other side's end was said in TLS (`close_notify`), if its records were watched. */
  readonly notified?: boolean;
}

/** What the witness has seen on one connection so far. */
export interface Seen {
  /** Bytes received by the witness, in plaintext or by way of TLS; a handshake is none. */
  readonly received: number;
  /** Bytes it sent. */
  readonly sent: number;
  /** The other side's FIN has come. */
  readonly fin: boolean;
  /** The other side reset the connection. */
  readonly reset: boolean;
  /** The socket has not been closed yet. */
  readonly open: boolean;
  /** The first byte at which the received self-locating stream was wrong, in words. */
  readonly wrong?: string;
  /**
   * The first 4 KiB received, one code point (0 to 255) a byte, for cases that sent text; with more
   * than 64 connections the first 64 bytes.
   */
  readonly text: string;
  /** How this end is named, as the witness knows it. */
  readonly remote: string;
  /** What there was of TLS, once a handshake has begun. */
  readonly tls?: SeenTls;
}

/** What the witness has seen on one of its ports, or calls. */
export interface PeerReport {
  /** Connections accepted, or made. */
  readonly accepted: number;
  /** Calls that were refused. */
  readonly refused: number;
  /** In the order in which they came. */
  readonly connections: readonly Seen[];
}

/** How a witness's port is made. */
export interface PeerOptions {
  /** On a unix socket instead of a TCP port. */
  readonly unix?: boolean;
  /** The listening process is stopped, so that connects stay pending until `thaw()`. */
  readonly frozen?: boolean;
  /** The self-locating stream's seed when it is not the case's. */
  readonly seed?: number;
  /** Ports in front of it, each with a network of its own that breaks one connection. */
  readonly networks?: readonly NetworkPlan[];
}

/** A program that the witness runs, on each connection that it accepts or makes. */
export interface Peer {
  /** Where to connect to. */
  readonly target: Pick<ConnectOptions, "hostname" | "port" | "path">;
  /** Where to connect to, once, through each of the networks that were asked for. */
  readonly targets: readonly Peer["target"][];
  /** What it has seen so far. */
  report(): Promise<PeerReport>;
  /** Waits until what it has seen satisfies `condition`; fails with `what` when it never does. */
  until(condition: (report: PeerReport) => boolean, what: string): Promise<PeerReport>;
  /** Lets every connection go on by one `hold`, also one that has not come to it yet. */
  release(): Promise<void>;
  /** Thaws a frozen one. */
  thaw(): Promise<void>;
}

/** What a conversation under test has told, in order, kept small: payload is counted. */
export interface Probe {
  /** The conversation itself, to give commands to. */
  readonly chat: AsyncChat;
  /** Hooks called so far: `"connect"`, `"data"`, `"found"`, `"drain"`, `"end"`, `"error"`, … */
  readonly log: readonly string[];
  /** Payload bytes told. */
  readonly received: number;
  /** How it ended, once it has. */
  readonly closed: Promise<CloseReport>;
  /** Errors that reached `handleError` and `handleException`. */
  readonly errors: readonly unknown[];
  /** Resolves when a hook of that name has been called `times` times in all; 1. */
  told(hook: string, times?: number): Promise<void>;
}

/** Connections that the subject accepts, and their conversations. */
export interface Listening {
  /** Where to connect to, as {@linkcode Context.dial} takes it. */
  readonly target:
    | {
      /** The host's name or address. */
      hostname: string;
      /** The port there. */
      port: number;
    }
    | {
      /** The path of the unix socket. */
      path: string;
    };
  /** In order of acceptance. */
  readonly probes: readonly Probe[];
  /** Where the subject opened the port itself. */
  readonly listener: Listener | undefined;
  /** Accepts no more, and resolves when every connection has ended. */
  close(): Promise<void>;
  /** Resolves when the `count`th connection has been accepted. */
  accepted(count: number): Promise<void>;
}

/** A stream whose every 8-byte word tells its own place, mixed with the seed. */
export interface Stream {
  /** The bytes at `[start, end)`. */
  slice(start: number, end: number): Uint8Array;
  /** Checks that `bytes` are those at `start`; else says in words what they are instead. */
  check(bytes: Uint8Array, start: number): string | undefined;
}

/** How a conversation under test is watched. */
export interface Watching {
  /** The self-locating stream is checked in the order of arrival; `false`. */
  readonly checked?: boolean | undefined;
  /** Called with the conversation before it is connected. */
  readonly prepare?: ((chat: AsyncChat) => void) | undefined;
}

/** What a case is given. Everything it opens is closed, and checked for leaks, after it. */
export interface Context {
  /** Decides all of the case's data: the run's seed, mixed with the case's id. */
  readonly seed: number;
  /** The implementation under test. */
  readonly subject: Subject;
  /** The subject's adapter. */
  readonly adapter: Adapter;
  /** What the subject's adapter says it can do and cannot. */
  readonly capabilities: Capabilities;
  /** A number in [0, 1) that the seed decides. */
  random(): number;
  /** An integer in [low, high] that the seed decides. */
  integer(low: number, high: number): number;
  /** The self-locating stream of the case's seed, which `send` steps send as well. */
  stream(): Stream;

  /** Opens a port on the witness that runs `program` on every connection. */
  peer(program: readonly Step[], options?: PeerOptions): Promise<Peer>;
  /** Lets the witness connect `times` times (1) to a listener, and run `program` each time. */
  dial(
    target: { hostname: string; port: number } | { path: string },
    program: readonly Step[],
    times?: number,
    /** Connects through each of these, once, instead of `times` directly. */
    networks?: readonly NetworkPlan[],
  ): Promise<Peer>;
  /** The certificates of this run, which the witness uses too. */
  certificates(): Promise<Certificates>;
  /** A path for a unix socket that nothing uses, short enough; removed afterwards. */
  unixPath(): Promise<string>;

  /**
   * Connects a conversation to the peer. Its hooks are recorded and the order in which they are
   * called is checked (connect (data | found | drain)* end? close); yours are called as well.
   * Without a `foundTerminator` of yours, data is counted and not gathered.
   */
  open(
    peer: Peer,
    options?: AsyncChatOptions & ThisType<AsyncChat>,
    connect?: ConnectOptions & Watching,
  ): Promise<Probe>;
  /** A conversation that is recorded and checked, not yet connected: for `listen` and special cases. */
  probe(options?: AsyncChatOptions & ThisType<AsyncChat>, watching?: Watching): Probe;
  /**
   * Accepts connections on the subject: by `listen` where it can, else by `inbound`. `factory` makes
   * the options of each conversation; the probes appear in `probes` in order of acceptance.
   */
  listen(
    factory: (index: number) => AsyncChatOptions & ThisType<AsyncChat>,
    options?: Partial<ListenOptions> & Watching,
  ): Promise<Listening>;
  /** What `open` and `listen` hand over as `onerror`, for cases that call the adapter themselves. */
  readonly onerror: (error: unknown) => void;
  /** Errors reported by `onerror` in this case so far; taken, so that they do not fail it. */
  takeReported(): unknown[];

  /** Fails the case unless `condition` holds. */
  need(condition: unknown, message: string): asserts condition;
  /** Fails unless the two are the same, deeply. */
  equal<T>(observed: T, expected: T, what: string): void;
  /** Fails unless `act` throws, or rejects with, a `ChatError` of that kind; answers the error. */
  rejects(act: () => unknown, kind: ChatError["kind"], what: string): Promise<ChatError>;
  /** Fails unless `promise` settles within so many milliseconds; for what might hang. */
  within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T>;
  /** Waits until `condition` holds; fails with `what` when it never does. */
  eventually(condition: () => boolean, what: string): Promise<void>;
  /** Lets everything happen that can happen without new input: a round trip, not a sleep. */
  settle(): Promise<void>;
  /** How many networks a case about broken ones goes through; 20. */
  readonly networks: number;
  /** Says how far a case has come that takes long. */
  progress(done: number): void;
  /** Notes a value for the report. */
  info(key: string, value: unknown): void;
}
