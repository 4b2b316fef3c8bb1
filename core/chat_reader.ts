/**
 * One read at a time, which can be given up without a loss.
 *
 * @module
 */

import type { AbortSignalLike } from "./chat_options.ts";
import { deferred } from "./deferred.ts";
import { ChatError } from "./errors.ts";
import { about } from "./wording.ts";

/** Calls `act` after so many milliseconds, and answers how to call that off. */
export type After = (milliseconds: number, act: () => void) => () => void;

/** When to give a read up. */
export interface Patience {
  readonly signal?: AbortSignalLike;
  readonly timeout?: number;
}

interface Pending {
  /** Tries again. Answers whether it is settled. */
  attempt(): boolean;
  /** Starts the timer, where there is one. */
  arm(after: After | undefined): void;
}

/** Settles reads as input comes. */
export class Reader {
  /** Called when somebody begins to wait, and when nobody does any more. */
  onwaiting: (waiting: boolean) => void = () => {};

  /** Who is at the other end, for messages. */
  peerOf: () => string | undefined = () => undefined;

  #pending: Pending | undefined;
  /** `null` before the conversation has been attached. */
  #after: After | undefined | null = null;

  /** Says how time is told: a read that is waiting already starts its timer now. */
  attached(after: After | undefined): void {
    this.#after = after;
    this.#pending?.arm(after);
  }

  /** Whether a read is under way. */
  get isWaiting(): boolean {
    return this.#pending !== undefined;
  }

  /** There may be more to take. */
  changed(): void {
    this.#pending?.attempt();
  }

  /**
   * Calls `take` now, and with every change, until it answers something else than `undefined`, or
   * throws. It must take all or nothing.
   */
  read<T>(take: () => T | undefined, patience: Patience = {}): Promise<T> {
    const { signal, timeout } = patience;
    const { promise, resolve, reject } = deferred<T>();
    try {
      if (this.#pending !== undefined) {
        throw new TypeError("a read is under way: await it, or cancel it, before the next one");
      }
      if (timeout !== undefined && !(timeout > 0)) {
        throw new RangeError(`timeout must be above 0 milliseconds; got ${timeout}`);
      }
      if (signal?.aborted) throw cancelled(signal);
      const now = take();
      if (now !== undefined) resolve(now);
      else this.#wait(take, resolve, reject, patience);
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  #wait<T>(
    take: () => T | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    { signal, timeout = Infinity }: Patience,
  ): void {
    const { peerOf } = this;
    let callOff = () => {};
    const done = () => {
      this.#pending = undefined;
      signal?.removeEventListener("abort", onabort);
      callOff();
      this.onwaiting(false);
    };
    const fail = (error: unknown) => {
      done();
      reject(error);
    };
    const onabort = () => fail(cancelled(signal!));
    signal?.addEventListener("abort", onabort);
    const pending: Pending = {
      attempt() {
        let taken: T | undefined;
        try {
          taken = take();
        } catch (error) {
          fail(error);
          return true;
        }
        if (taken === undefined) return false;
        done();
        resolve(taken);
        return true;
      },
      arm(after) {
        if (timeout === Infinity) return;
        if (after === undefined) return fail(clockless());
        callOff = after(timeout, () => fail(late(timeout, peerOf())));
      },
    };
    this.#pending = pending;
    this.onwaiting(true);
    if (this.#after !== null) pending.arm(this.#after);
  }
}

function cancelled(signal: AbortSignalLike): ChatError {
  return new ChatError("aborted", "the read was cancelled; no byte was taken", {
    cause: signal.reason,
  });
}

function late(timeout: number, peer: string | undefined): ChatError {
  const what =
    `not enough came within ${timeout} ms; no byte was taken, and the next read may go on`;
  return new ChatError("timeout", about(peer, what));
}

function clockless(): ChatError {
  return new ChatError(
    "unsupported",
    "what this conversation is attached to has no clock, so a read cannot have a timeout; cancel " +
      "it with a signal instead",
  );
}
