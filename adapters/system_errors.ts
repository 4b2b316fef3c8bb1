/**
 * What the system's error codes mean, on every runtime that passes them on.
 *
 * @module
 */

import { ChatError, type ErrorKind } from "../core/errors.ts";

const KINDS: ReadonlyMap<unknown, ErrorKind> = new Map([
  ["ECONNREFUSED", "refused"],
  ["ENOENT", "refused"],
  ["EHOSTUNREACH", "refused"],
  ["ENETUNREACH", "refused"],
  // A unix socket whose listener has no room for one more caller.
  ["EAGAIN", "refused"],
  ["ENOTFOUND", "dns"],
  ["EAI_AGAIN", "dns"],
  ["ETIMEDOUT", "timeout"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
  ["ECONNABORTED", "reset"],
  // What a socket says that was reset before it could be used, or while its FIN was due.
  ["ENOTCONN", "reset"],
]);

/** What to look at, by kind, or for an unknown one by code. */
const HINTS: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "something listens there already; port 0 takes a free one"],
  ["EADDRNOTAVAIL", "that address is none of this machine's"],
  ["EACCES", "a port below 1024 may need more rights"],
  ["EMFILE", "too many files are open: raise the limit of this process"],
  ["refused", "is anything listening there?"],
  ["dns", "is the name right, and the network up?"],
  ["timeout", "the network gave up"],
  ["reset", "the connection was cut, not ended"],
  ["tls", "look at ca and serverName, and whether both sides speak TLS there"],
]);

/** The same for unix sockets. */
const UNIX_HINTS: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "something listens there, or has left the file behind: then remove it"],
  ["EACCES", "is the folder there, and may this process write to it?"],
  ["ENOENT", "is the folder there?"],
]);

/**
 * Puts what listening failed with into our words: there `ENOENT` is no peer that refuses.
 *
 * @param name what was to be listened on; a unix socket's begins with `unix:`
 */
export function toListenError(error: unknown, name: string): ChatError {
  const code = codeOf(error);
  return code === "ENOENT" ? chatErrorOf("unknown", error, name, code) : toChatError(error, name);
}

/**
 * Puts a runtime's own error into our words, by its `code`; it is kept as the cause.
 *
 * @param peer who is at the other end, for the message
 *
 * @example
 * ```ts
 * import { toChatError } from "asynchat/adapters/kit";
 *
 * const cause = Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
 * const { kind, message } = toChatError(cause, "db:5432");
 * if (kind !== "refused") throw new Error(kind);
 * if (message !== "db:5432: connection refused; is anything listening there?") throw new Error(message);
 * ```
 */
export function toChatError(error: unknown, peer: string): ChatError {
  const code = codeOf(error);
  const kind = KINDS.get(code) ?? (/^ERR_(SSL|TLS)_/.test(code ?? "") ? "tls" : "unknown");
  return chatErrorOf(kind, error, peer, code);
}

/** The code of a runtime's own error, where it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Puts what went wrong with TLS, or in its handshake, into our words. */
export function tlsError(error: unknown, peer: string): ChatError {
  if (error instanceof ChatError) return error;
  return chatErrorOf("tls", error, peer, codeOf(error));
}

/**
 * Puts a runtime's own error into our words when the adapter knows its kind without a code.
 *
 * @param peer who is at the other end, for the message
 * @param code the runtime's, where there is one; it chooses the hint at the end of the message
 */
export function chatErrorOf(
  kind: ErrorKind,
  error: unknown,
  peer: string,
  code?: string,
): ChatError {
  const what = messageOf(error);
  const hint = kind === "unknown" ? hintOf(code, peer) : HINTS.get(kind);
  const message = hint === undefined ? `${peer}: ${what}` : `${peer}: ${what}; ${hint}`;
  return new ChatError(kind, message, { cause: error, code });
}

function hintOf(code: string | undefined, peer: string): string | undefined {
  return (peer.startsWith("unix:") ? UNIX_HINTS.get(code) : undefined) ?? HINTS.get(code);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Each address of a host has failed in its own way.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  // OpenSSL ends its messages with a line end.
  return error.message.trim();
}
