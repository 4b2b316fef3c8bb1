/**
 * Handing a connection over, in the middle of a conversation: to TLS, or to another conversation.
 *
 * @module
 */

import type { AsyncChat } from "./async_chat.ts";
import type { Chat } from "./chat.ts";
import { deferred } from "./deferred.ts";
import { ChatError } from "./errors.ts";
import type { StartTlsOptions } from "./tls.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** A connection that has been given away by `detach()`, and that is yours now. */
export interface Detached {
  /** Who is at the other end. */
  readonly peer: string;
  /** Input that had come and was not told, as your own bytes. */
  readonly input: Uint8Array;
  /** Whether the peer has sent its FIN behind that. */
  readonly inputEnded: boolean;
  /**
   * Gives the connection to another conversation, which is told `input` first: by default what had
   * come, else what you have left of it, which is borrowed until it has been told. To be called once,
   * instead of {@linkcode open}.
   *
   * @throws {Error} when the connection has been taken, or `chat` has had its conversation.
   */
  readonly attach: (chat: AsyncChat | Chat, input?: Uint8Array) => void;
  /**
   * Gives you the transport itself, for a layer of your own; what happens is told to `events`. To
   * be called once, instead of {@linkcode attach}. What is in {@linkcode input} is not told again.
   *
   * @throws {Error} when the connection has been taken.
   */
  readonly open: (events: TransportEvents) => Transport;
  /** Gives the socket back to the system, if nobody has taken it. Idempotent. */
  readonly close: () => void;
}

/** A connection is to be handed to TLS. */
export interface ToTls {
  /** To TLS. */
  readonly kind: "tls";
  /** Which side of the handshake we are. */
  readonly role: "client" | "server";
  /** How to make it. */
  readonly options: StartTlsOptions;
}

/** A connection is to be handed to whoever asked for it. */
export interface ToOwner {
  /** To whoever asked for it. */
  readonly kind: "detach";
}

/** What a driver is asked to do with the connection. */
export interface Handover {
  /** To whom it goes. */
  readonly request: ToTls | ToOwner;
  /** To be called when it is done, with what was asked for. */
  readonly done: (outcome: unknown) => void;
}

/** A handover from the call to its outcome. */
export class PendingHandover<T> {
  /** What was asked for; rejects when the conversation ends before. */
  readonly outcome: Promise<T>;
  /** It will not come to that. */
  readonly reject: (error: unknown) => void;
  readonly #done: (outcome: T) => void;
  #handover: Handover | undefined;

  /** Nothing is asked for before {@linkcode begin}. */
  constructor() {
    const { promise, resolve, reject } = deferred<T>();
    this.outcome = promise;
    this.#done = resolve;
    this.reject = reject;
    // The hooks are told as well: not everybody waits for it.
    this.outcome.catch(() => {});
  }

  /** Says what is asked for. */
  begin(request: Handover["request"]): void {
    this.#handover = { request, done: (outcome) => this.#done(outcome as T) };
  }

  /** Hands it out, once. */
  take(): Handover | undefined {
    const handover = this.#handover;
    this.#handover = undefined;
    return handover;
  }
}

/** The error for plaintext that came where only a handshake may. */
export function injected(): ChatError {
  return new ChatError(
    "protocol",
    "plaintext came behind the go-ahead for TLS, where only a handshake may: somebody may have " +
      'put it there; if it is the peer\'s handshake itself, start TLS with buffered: "hand-over"',
  );
}
