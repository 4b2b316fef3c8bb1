/**
 * A store of small values, and the protocol that it is spoken to with. Knows nothing of sockets: the
 * three servers beside it read the same commands in three ways.
 *
 * @module
 */

import { ChatError, decimal, LimitError, protocolError } from "../../core/index.ts";

/** Longest head, and longest body with its line end, in bytes. */
export const LONGEST = 512;

/** What a peer asked for. */
export interface Command {
  /** `"get"`, `"set"`, `"delete"`, `"quit"`, or something that there is not. */
  readonly verb: string;
  /** What it is about. */
  readonly key: string;
  /** Bytes that follow, a line end included; `undefined` when nothing does. */
  readonly due: number | undefined;
}

/** What was stored, and what is answered about it. */
export class Store {
  readonly #values = new Map<string, string>();

  /** Does what a command asks for, and says what to answer. */
  obey({ verb, key }: Command, value = ""): string {
    switch (verb) {
      case "set":
        this.#values.set(key, value);
        return "STORED\r\n";
      case "get":
        return this.#show(this.#values.get(key));
      case "delete":
        return this.#values.delete(key) ? "DELETED\r\n" : "NOT FOUND\r\n";
      case "quit":
        return "BYE\r\n";
      default:
        return "UNKNOWN\r\n";
    }
  }

  #show(value: string | undefined): string {
    if (value === undefined) return "NOT FOUND\r\n";
    return `VALUE ${new TextEncoder().encode(value).length}\r\n${value}\r\n`;
  }
}

/**
 * Reads the head of a command: `get KEY`, `set KEY LENGTH`, `delete KEY`, `quit`.
 *
 * @throws {ChatError} kind `"protocol"` for what is no length, and `"limit"` for one that is too
 * long.
 */
export function commandOf(head: Uint8Array): Command {
  const [verb = "", key = "", length = ""] = new TextDecoder().decode(head).split(" ");
  if (verb !== "set") return { verb, key, due: undefined };
  const due = decimal(new TextEncoder().encode(length)) + "\r\n".length;
  if (due > LONGEST) throw new LimitError(`a body of ${due} bytes is too long`, LONGEST, due);
  return { verb, key, due };
}

/**
 * Reads a body, without the line end behind it.
 *
 * @throws {ChatError} kind `"protocol"` when there is none.
 */
export function valueOf(body: Uint8Array): string {
  const text = new TextDecoder().decode(body);
  if (text.endsWith("\r\n")) return text.slice(0, -"\r\n".length);
  throw protocolError("a body does not end with CRLF");
}

/** Says what to answer when the input is wrong, and throws whatever is not the peer's fault. */
export function refusalOf(error: unknown): string {
  if (!(error instanceof ChatError)) throw error;
  if (error.kind === "protocol" || error.kind === "limit") return `ERROR ${error.kind}\r\n`;
  // Who ends in the middle of a command wants no answer.
  if (error.kind === "incomplete") return "";
  throw error;
}
