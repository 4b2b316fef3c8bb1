/**
 * The driver: what stands between every conversation and every socket.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { quoted } from "../core/wording.ts";
import { Connection } from "./connection.ts";
import { Driver } from "./driver_loop.ts";

/** What a driver may be told beside the conversation and the socket. */
export interface DriveOptions {
  /** Where errors go that nobody handled; `console.error`. */
  readonly onerror?: ((error: unknown, peer: string) => void) | undefined;
  /** Called when the socket is gone and the conversation has been told. */
  readonly onclosed?: () => void;
  /**
   * Called when the conversation has given the connection away; `close` gives the socket back,
   * whoever has it by then, unless another conversation does.
   */
  readonly ondetached?: (close: () => void) => void;
  /** Called when the connection has been given to another conversation. */
  readonly onattached?: (chat: AsyncChat) => void;
  /** Which side of a handshake we are; `"client"`. */
  readonly role?: "client" | "server";
}

/**
 * Makes the transport of a connected socket, which tells `events`. It must not tell anything before
 * it has been returned, and delivers no input before it is resumed. `sizeOf` says how many bytes the
 * next read shall ask for, where the runtime leaves that to us.
 */
export type Open = (events: TransportEvents, sizeOf: () => number) => Transport;

/**
 * Binds a conversation to a connected socket, until both are done.
 *
 * @param open makes the transport; called at once
 * @throws {Error} when `chat` has had its conversation; the socket has been given back then.
 * @throws {TypeError} when `chat` is no conversation; so it has.
 *
 * @example A socket that swallows everything
 * ```ts
 * import { AsyncChat, type TransportEvents } from "asynchat";
 * import { drive } from "asynchat/adapters/kit";
 *
 * let taken = 0;
 * const hole = (events: TransportEvents) => ({
 *   peer: "a hole",
 *   local: undefined,
 *   canReset: false,
 *   resume() {},
 *   pause() {},
 *   write: (bytes: Uint8Array) => (taken += bytes.length, bytes.length),
 *   end: () => queueMicrotask(() => events.ended()),
 *   close: () => queueMicrotask(() => events.closed()),
 * });
 * const chat = new AsyncChat();
 * drive(chat, hole);
 * chat.push("hello\n");
 * chat.closeWhenDone();
 * const { reason } = await chat.closed;
 * if (taken !== 6 || reason !== "closed") throw new Error(`${taken} ${reason}`);
 * ```
 */
export function drive(
  chat: AsyncChat,
  open: Open,
  options: DriveOptions = {},
): void {
  const connection = new Connection(open);
  try {
    needConversation(chat);
    new Driver(chat, connection, options).start();
  } catch (error) {
    connection.close();
    throw error;
  }
}

function needConversation(chat: unknown): void {
  // Not by `instanceof`: two copies of the package may be installed.
  if (typeof (chat as Partial<AsyncChat> | null | undefined)?.attach === "function") return;
  throw new TypeError(
    `a connection needs an AsyncChat, made by new AsyncChat({ … }) or of a subclass; got ${
      quoted(chat)
    }`,
  );
}

/**
 * Gives a connected socket back that nobody will have a conversation on. What it tells from then on
 * is told to nobody.
 */
export function dismiss(open: Open): void {
  new Connection(open).close();
}
