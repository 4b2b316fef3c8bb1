/**
 * What a conversation may be told about TLS, the same on every runtime. No TLS is spoken here.
 *
 * @module
 */

import type { Piece } from "./producer.ts";

/** How to speak TLS, as a client or as a server. Certificates and keys are text in PEM. */
export interface TlsOptions {
  /**
   * Authorities to trust instead of the runtime's own: the peer's certificate must be theirs. On
   * Deno they are trusted besides its own.
   */
  readonly ca?: string | readonly string[];
  /** Our certificate, followed by those between it and an authority. A server must have one. */
  readonly cert?: string;
  /** The private key of {@linkcode cert}, not encrypted. */
  readonly key?: string;
  /**
   * The name that the server's certificate must be for, and that the server is told (SNI); the
   * hostname by default.
   */
  readonly serverName?: string;
  /** Protocols to agree on (ALPN, RFC 7301), the preferred one first: `["h2", "http/1.1"]`. */
  readonly alpn?: readonly string[];
  /**
   * `false` takes any certificate, so that whoever sits between can read along: for tests alone.
   * Never false unless you say so.
   */
  readonly rejectUnauthorized?: boolean;
  /** A server asks the client for a certificate of {@linkcode ca}, and refuses it without one. */
  readonly requestCert?: boolean;
}

/** What the two sides have agreed on. */
export interface TlsInfo {
  /** The protocol that ALPN chose; `undefined` for none, and where the runtime does not tell. */
  readonly alpn: string | undefined;
  /** `"TLSv1.3"`, where the runtime tells. */
  readonly version: string | undefined;
}

/** How to start TLS in the middle of a conversation. */
export interface StartTlsOptions extends TlsOptions {
  /** The last words in plaintext, such as `"220 ready to start TLS\r\n"`. */
  readonly goAhead?: Piece;
  /**
   * What to do about input that has come, and was not told, when TLS begins. `"refuse"`, the
   * default: it was sent by nobody one can trust, so the connection fails with kind `"protocol"`
   * (RFC 3207 §6; CVE-2011-0411). `"hand-over"`: it is the beginning of the peer's handshake, as
   * behind a header of the PROXY protocol; see the adapter's `capabilities.tlsHandOver`.
   */
  readonly buffered?: "refuse" | "hand-over";
  /** Which side of the handshake we are; the client, if we connected, else the server. */
  readonly role?: "client" | "server";
  /** How long the handshake may take, in milliseconds; 30,000. */
  readonly timeout?: number;
}

/** What a transport is asked for when the plaintext is over. */
export interface TlsUpgrade {
  /** Which side of the handshake we are. */
  readonly role: "client" | "server";
  /** How to speak. */
  readonly options: TlsOptions;
  /** What has come of the peer's handshake already, as a copy of the transport's own; mostly nothing. */
  readonly input: Uint8Array;
}
