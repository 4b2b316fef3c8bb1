/**
 * Checks what TLS is asked for, before a byte is sent, the same way on every runtime.
 *
 * @module
 */

import type { StartTlsOptions, TlsOptions } from "../core/tls.ts";
import type { Capabilities, TlsCapabilities } from "../core/transport.ts";
import { unsupported } from "./unsupported_error.ts";

/** Which side of a handshake. */
export type Role = "client" | "server";

/** The capabilities of an adapter that speaks no TLS. */
export const NO_TLS: TlsCapabilities = {
  tls: false,
  serverTls: false,
  startTls: false,
  serverStartTls: false,
  tlsHandOver: false,
  customCa: false,
  clientCertificates: false,
  requestsCertificates: false,
  alpn: false,
  serverName: false,
  insecureTls: false,
  cancelHandshake: false,
  detectsTruncation: false,
};

const TLS = ["ca", "cert", "key", "serverName", "alpn", "rejectUnauthorized", "requestCert"];
const START_TLS = [...TLS, "goAhead", "buffered", "role", "timeout"];

/**
 * Checks the options of a handshake.
 *
 * @throws {TypeError} for an option that does not exist or makes no sense for that side, and for a
 * server without a certificate.
 * @throws {ChatError} kind `"unsupported"` for what `capabilities` says cannot be done.
 */
export function checkTls(role: Role, options: TlsOptions, capabilities: Capabilities): void {
  needNames(options, TLS);
  needTypes(options);
  needPossible(role, options, capabilities);
  if (role === "server") return checkServer(options, capabilities);
  if (options.requestCert !== undefined) {
    throw new TypeError("requestCert is for servers: a client shows a certificate by cert and key");
  }
  if (options.cert !== undefined && !capabilities.clientCertificates) {
    throw unsupported("a client certificate", "clientCertificates");
  }
  if (options.serverName !== undefined && !capabilities.serverName) {
    throw unsupported("verifying another name than the one connected to", "serverName");
  }
}

/** Checks what `startTls` was given; see {@linkcode checkTls}. */
export function checkStartTls(
  role: Role,
  options: StartTlsOptions,
  capabilities: Capabilities,
): void {
  needNames(options, START_TLS);
  const { goAhead: _, buffered = "refuse", role: __, timeout, ...tls } = options;
  if (buffered !== "refuse" && buffered !== "hand-over") {
    throw new TypeError(`buffered must be "refuse" or "hand-over"; got ${String(buffered)}`);
  }
  if (timeout !== undefined && !(timeout > 0)) {
    throw new RangeError(`timeout must be above 0 milliseconds; got ${timeout}`);
  }
  if (role === "client" && !capabilities.startTls) throw unsupported("starting TLS", "startTls");
  if (role === "server" && !capabilities.serverStartTls) {
    throw unsupported("starting TLS as a server", "serverStartTls");
  }
  if (buffered === "hand-over" && !capabilities.tlsHandOver) {
    throw unsupported("starting TLS over input that has come already", "tlsHandOver");
  }
  checkTls(role, tls, capabilities);
}

function needNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`TLS has no option "${name}"; it has ${known.join(", ")}`);
  }
}

function needTypes({ ca, cert, key, serverName, alpn, rejectUnauthorized }: TlsOptions): void {
  for (const [name, text] of Object.entries({ ca, cert, key })) {
    for (const each of Array.isArray(text) ? text as unknown[] : [text]) {
      if (each === undefined || (typeof each === "string" && each.includes("-----BEGIN"))) continue;
      throw new TypeError(`${name} must be text in PEM, which has a line "-----BEGIN …-----"`);
    }
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError("cert and key belong together: give both, or neither");
  }
  if (serverName === "") throw new TypeError("serverName must not be empty");
  for (const protocol of alpn ?? []) {
    const { length } = new TextEncoder().encode(protocol);
    if (length >= 1 && length <= 255) continue;
    throw new TypeError(`a protocol of alpn has 1 to 255 bytes; "${protocol}" has ${length}`);
  }
  if (rejectUnauthorized !== undefined && typeof rejectUnauthorized !== "boolean") {
    // What is falsy and not false must not turn the check off.
    throw new TypeError(`rejectUnauthorized must be true or false; got ${rejectUnauthorized}`);
  }
}

function needPossible(role: Role, options: TlsOptions, capabilities: Capabilities): void {
  if (role === "client" && !capabilities.tls) throw unsupported("TLS", "tls");
  if (role === "server" && !capabilities.serverTls) {
    throw unsupported("TLS as a server", "serverTls");
  }
  if (options.ca !== undefined && !capabilities.customCa) {
    throw unsupported("trusting authorities of your own", "customCa");
  }
  if (options.alpn !== undefined && !capabilities.alpn) {
    throw unsupported("agreeing on a protocol by ALPN", "alpn");
  }
  if (options.rejectUnauthorized === false && !capabilities.insecureTls) {
    throw unsupported("taking any certificate", "insecureTls");
  }
}

function checkServer(options: TlsOptions, capabilities: Capabilities): void {
  if (options.cert === undefined) {
    throw new TypeError("a server needs a certificate: give cert and key");
  }
  if (options.serverName !== undefined) {
    throw new TypeError("serverName is for clients: a server is told the name that is wanted");
  }
  if (!options.requestCert) return;
  if (!capabilities.requestsCertificates) {
    throw unsupported("asking clients for a certificate", "requestsCertificates");
  }
  if (options.ca === undefined) {
    throw new TypeError("requestCert needs ca: whose certificates shall clients show?");
  }
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
