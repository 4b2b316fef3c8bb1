/**
 * Handshakes on Bun's sockets.
 *
 * @module
 */

import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import type { ChatError } from "../core/errors.ts";
import type { TlsInfo, TlsOptions } from "../core/tls.ts";
import type { Socket, Told } from "./bun_handlers.ts";
import { after } from "./clock.ts";
import { HANDSHAKE_TIMEOUT, lateHandshake } from "./handshake.ts";
import { codeOf, tlsError, toChatError } from "./system_errors.ts";
import type { Role } from "./tls_options.ts";

/** What Bun says of a handshake that was not made, whatever the certificate. */
const BROKEN: readonly unknown[] = ["EPROTO", "ECONNRESET"];

/**
 * Puts our options into Bun's words, with nothing left to a default: an empty object would be
 * plaintext, and an environment variable could turn the check off.
 */
export function bunOptions(
  { ca, cert, key, alpn, serverName, requestCert, rejectUnauthorized = true }: TlsOptions,
  hostname?: string,
): Bun.TLSOptions {
  const name = serverName ?? hostname;
  // An address is no name that may be sent (RFC 6066 §3).
  const sent = name === hostname && isAddress(name) ? "" : name;
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(alpn === undefined ? {} : { ALPNProtocols: wireFormat(alpn) }),
    ...(sent === undefined ? {} : { serverName: sent }),
    ...(requestCert === undefined ? {} : { requestCert }),
  };
}

function isAddress(name: string | undefined): boolean {
  return name !== undefined && isIP(name) !== 0;
}

/** Each name behind its length (RFC 7301 §3.1); anything else Bun ignores. */
function wireFormat(alpn: readonly string[]): Uint8Array<ArrayBuffer> {
  const names = alpn.map((name) => new TextEncoder().encode(name));
  return Uint8Array.from(names.flatMap((name) => [name.length, ...name]));
}

/** What the two sides have agreed on. */
export function infoOf(socket: Socket): TlsInfo {
  return { alpn: socket.alpnProtocol || undefined, version: socket.getTLSVersion() ?? undefined };
}

/** Whether a certificate, or its key, is why a socket could not be opened. */
export function isTlsError(error: unknown): boolean {
  return /^ERR_(OSSL|BORINGSSL)/.test(codeOf(error) ?? "");
}

/** Puts what a connect failed with into our words: the network, or a certificate. */
export function openError(error: unknown, peer: string): ChatError {
  return isTlsError(error) ? tlsError(error, peer) : toChatError(error, peer);
}

/**
 * A handshake under way, which is told what happens to its socket. Bun says that a socket is open
 * before the handshake has begun, and then drops what is written: nobody else may have it.
 */
export class Handshake implements Told {
  /** The socket, paused, with nobody to tell; rejects when it has been closed instead. */
  readonly done: Promise<Socket>;
  readonly #options: TlsOptions;
  readonly #role: Role;
  readonly #peer: string;
  readonly #name: string | undefined;
  #resolve: (socket: Socket) => void = () => {};
  #reject: (error: ChatError) => void = () => {};
  #error: Error | undefined;

  /** `hostname` is whom a client wants to talk to. */
  constructor(role: Role, options: TlsOptions, peer: string, hostname?: string) {
    this.#role = role;
    this.#options = options;
    this.#peer = peer;
    this.#name = role === "client" ? options.serverName ?? hostname : undefined;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  onhandshake(socket: Socket, ok: boolean, told: Error | null): void {
    const error = told ?? this.#wrongAddress(socket);
    if (this.#accepts(ok, error)) {
      socket.pause();
      socket.data = undefined;
      return this.#resolve(socket);
    }
    this.#error ??= error ?? new Error("the handshake failed");
    // Bun closes what failed, and not what we alone refuse.
    if (ok) socket.terminate();
  }

  onfailure(error: Error): void {
    this.#error ??= error;
  }

  onclose(error: Error | undefined): void {
    const why = this.#error ?? error ??
      new Error("the peer closed the connection during the handshake");
    this.#reject(tlsError(why, this.#peer));
  }

  ondata(): void {}
  ondrain(): void {}
  onend(): void {}

  /** Gives it up, because of `error`. */
  giveUp(socket: Socket, error: Error): void {
    this.#error = error;
    socket.terminate();
  }

  /** Bun looks for an address that was not sent only where it has connected to it itself. */
  #wrongAddress(socket: Socket): Error | null {
    const name = this.#name;
    if (name === undefined || !isAddress(name)) return null;
    return checkServerIdentity(name, socket.getPeerCertificate()) ?? null;
  }

  #accepts(ok: boolean, error: Error | null): boolean {
    const { rejectUnauthorized = true, requestCert = false } = this.#options;
    // A wrong name is told as a failure even when any certificate is to be taken.
    if (!rejectUnauthorized) return ok || (error !== null && !BROKEN.includes(codeOf(error)));
    // To a server that has not asked for one, every client's certificate is wrong; one that has
    // asked is told of a bad one as a success with an error.
    return ok && (!error || (this.#role === "server" && !requestCert));
  }
}

/** The handshakes under way of one listener. */
export class Handshakes {
  readonly #sockets = new Set<Socket>();

  /** Makes one; resolves with `undefined` when the listener has been closed meanwhile. */
  async make(socket: Socket, options: TlsOptions, peer: string): Promise<Socket | undefined> {
    const handshake = new Handshake("server", options, peer);
    socket.data = handshake;
    this.#sockets.add(socket);
    const callOff = after(
      HANDSHAKE_TIMEOUT,
      () => handshake.giveUp(socket, lateHandshake(peer, HANDSHAKE_TIMEOUT)),
    );
    try {
      return await handshake.done;
    } catch (error) {
      if (this.#sockets.has(socket)) throw error;
      return undefined;
    } finally {
      callOff();
      this.#sockets.delete(socket);
    }
  }

  /** Ends them all. */
  stop(): void {
    const sockets = [...this.#sockets];
    this.#sockets.clear();
    for (const socket of sockets) socket.terminate();
  }
}
