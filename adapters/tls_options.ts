/**
 * Checks what TLS is asked for, before a byte is sent, the same way on every runtime.
 *
 * @module
 */

import type { StartTlsOptions, TlsOptions } from "../core/tls.ts";
import type { Capabilities, TlsCapabilities } from "../core/transport.ts";
import { checkNames } from "./names.ts";
import { need } from "./unsupported_error.ts";

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
  checkNames(options, TLS, "TLS");
  needTypes(options);
  needPossible(role, options, capabilities);
  if (role === "server") return checkServer(options, capabilities);
  if (options.requestCert !== undefined) {
    throw new TypeError("requestCert is for servers: a client shows a certificate by cert and key");
  }
  if (options.cert !== undefined) need(capabilities, "clientCertificates", "a client certificate");
  if (options.serverName !== undefined) {
    need(capabilities, "serverName", "verifying another name than the one connected to");
  }
}

/**
 * Checks what `startTls` was given, and throws as {@linkcode checkTls} does; also a `RangeError` for
 * a `timeout` that is not above 0 milliseconds.
 */
export function checkStartTls(
  role: Role,
  options: StartTlsOptions,
  capabilities: Capabilities,
): void {
  checkNames(options, START_TLS, "TLS");
  const { goAhead: _, buffered = "refuse", role: __, timeout, ...tls } = options;
  if (buffered !== "refuse" && buffered !== "hand-over") {
    throw new TypeError(`buffered must be "refuse" or "hand-over"; got ${String(buffered)}`);
  }
  if (timeout !== undefined && !(timeout > 0)) {
    throw new RangeError(`timeout must be above 0 milliseconds; got ${timeout}`);
  }
  needStartTls(role, capabilities);
  if (buffered === "hand-over") {
    need(capabilities, "tlsHandOver", "starting TLS over input that has come already");
  }
  checkTls(role, tls, capabilities);
}

/** What a conversation needs that is to start TLS later. */
export function needStartTls(role: Role, capabilities: Capabilities): void {
  if (role === "client") need(capabilities, "startTls", "starting TLS");
  else need(capabilities, "serverStartTls", "starting TLS as a server");
}

function needTypes({ ca, cert, key, serverName, alpn, rejectUnauthorized }: TlsOptions): void {
  for (const [name, text] of Object.entries({ ca, cert, key })) {
    for (const each of Array.isArray(text) ? text as unknown[] : [text]) {
      if (each === undefined || (typeof each === "string" && each.includes("-----BEGIN"))) continue;
      throw new TypeError(`${name} must be text in PEM, which has a line "-----BEGIN …-----"`);
    }
  }
  if (Array.isArray(ca) && ca.length === 0) {
    throw new TypeError("ca has at least one authority; leave it away to trust the runtime's own");
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
  if (role === "client") need(capabilities, "tls", "TLS");
  else need(capabilities, "serverTls", "TLS as a server");
  if (options.ca !== undefined) need(capabilities, "customCa", "trusting authorities of your own");
  if (options.alpn !== undefined) need(capabilities, "alpn", "agreeing on a protocol by ALPN");
  if (options.rejectUnauthorized === false) {
    need(capabilities, "insecureTls", "taking any certificate");
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
  need(capabilities, "requestsCertificates", "asking clients for a certificate");
  if (options.ca === undefined) {
    throw new TypeError("requestCert needs ca: whose certificates shall clients show?");
  }
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
