/**
 * What the system's error codes mean, on every runtime that passes them on.
 *
 * @module
 */

import { ChatError, type ErrorKind } from "../core/errors.ts";

/** What is told with every error of a kind, for whoever has to do something about it. */
const HINTS: Partial<Record<ErrorKind, string>> = {
  refused: "is anything listening there?",
  dns: "is the name right, and the network up?",
  timeout: "the network gave up",
  reset: "the connection was cut, not ended",
};

const KINDS: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: "refused",
  ENOENT: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ETIMEDOUT: "timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ECONNABORTED: "reset",
  // What a socket says that was reset before it could be used, or while its FIN was due.
  ENOTCONN: "reset",
};

/** Puts a runtime's own error into our words, by its `code`; it is kept as the cause. */
export function toChatError(error: unknown, peer: string): ChatError {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") return chatErrorOf("unknown", error, peer);
  return chatErrorOf(KINDS[code] ?? "unknown", error, peer, code);
}

/** Puts a runtime's own error into our words when the adapter knows its kind without a code. */
export function chatErrorOf(
  kind: ErrorKind,
  error: unknown,
  peer: string,
  code?: string,
): ChatError {
  const what = error instanceof Error ? error.message : String(error);
  const hint = HINTS[kind];
  const message = hint === undefined ? `${peer}: ${what}` : `${peer}: ${what}; ${hint}`;
  return new ChatError(kind, message, { cause: error, code });
}
