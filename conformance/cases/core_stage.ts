/**
 * What the core's cases stand on: a conversation on a scripted socket, and a record of what it tells.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import type { AsyncChatOptions } from "../../core/async_chat_options.ts";
import { decode } from "../../core/text.ts";
import { type Context, Failure } from "../case.ts";
import { type ScriptedOptions, ScriptedSocket } from "../scripted_socket.ts";

/** Payload is kept apart, so that adjacent pieces can be joined. */
type Entry = string | { readonly data: string };

/** A conversation under test. */
export interface Stage {
  readonly chat: AsyncChat;
  readonly socket: ScriptedSocket;
  /**
   * Takes what was told since the last call: `"data …"`, `"found"`, `"end"`, `"drain"`,
   * `"error <kind>"`, `"exception <message>"`, `"close <reason>"`; adjacent data joined.
   */
  told(): string[];
  /** The same with every piece of data as it came. */
  pieces(): string[];
  /** Takes what the socket took since the last call, as text. */
  sent(): string;
}

/**
 * Sets up a conversation. Your hooks run after the record; where you have none, data and frames are
 * dropped, and the others do what they do by default. The connect is told already, and not recorded,
 * unless `scripted.connected` is `false`.
 */
export function stage(
  options: AsyncChatOptions & ThisType<AsyncChat> = {},
  scripted: ScriptedOptions = {},
): Stage {
  const log: Entry[] = [];
  const defaults = AsyncChat.prototype;
  const chat = new AsyncChat({
    ...options,
    handleConnect() {
      log.push("connect");
      return options.handleConnect?.call(this);
    },
    collectIncomingData(data) {
      log.push({ data: decode(data) });
      return options.collectIncomingData?.call(this, data);
    },
    foundTerminator() {
      log.push("found");
      return options.foundTerminator?.call(this);
    },
    handleDrain() {
      log.push("drain");
      return options.handleDrain?.call(this);
    },
    handleEnd() {
      log.push("end");
      return (options.handleEnd ?? defaults.handleEnd).call(this);
    },
    handleError(error) {
      log.push(`error ${error.kind}`);
      return (options.handleError ?? defaults.handleError).call(this, error);
    },
    handleException(error) {
      log.push(`exception ${error instanceof Error ? error.message : String(error)}`);
      return (options.handleException ?? defaults.handleException).call(this, error);
    },
    handleClose(report) {
      log.push(`close ${report.reason}`);
      return options.handleClose?.call(this, report);
    },
  });
  const socket = new ScriptedSocket(chat, scripted);
  socket.turn();
  log.length = 0;
  return {
    chat,
    socket,
    told: () => joined(log.splice(0)),
    pieces: () => log.splice(0).map(textOf),
    sent: () => decode(socket.takeSent()),
  };
}

/** Fails unless `act` throws an error of that class; answers it. */
export function throwsAs(
  t: Context,
  act: () => unknown,
  type: new (message?: string) => Error,
  what: string,
): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof type) return error;
    throw new Failure(`${what} threw something else`, type.name, String(error));
  }
  t.need(false, `${what} did not throw, but should throw a ${type.name}`);
  throw new Failure("unreachable");
}

/** Bytes of the code points 0 to 255, one a byte. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function joined(log: readonly Entry[]): string[] {
  const told: Entry[] = [];
  for (const entry of log) {
    const last = told.at(-1);
    if (typeof entry === "object" && typeof last === "object") {
      told[told.length - 1] = { data: last.data + entry.data };
    } else {
      told.push(entry);
    }
  }
  return told.map(textOf);
}

function textOf(entry: Entry): string {
  return typeof entry === "string" ? entry : `data ${entry.data}`;
}
