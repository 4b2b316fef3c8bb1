/**
 * A connect that can be abandoned, on every runtime.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import { after } from "./clock.ts";
import type { ConnectOptions } from "./options.ts";

/** How long a connect may take when nothing else is said, in milliseconds. */
const CONNECT_TIMEOUT = 30_000;

/** An attempt under way. */
export interface Attempt<Socket> {
  /** The socket, or the failure as the adapter understands it. */
  readonly socket: Promise<Socket>;
  /** Called once, when the attempt is abandoned: cancels it, or closes the socket that comes late. */
  abandon(): void;
}

/**
 * Waits for an attempt to connect; gives it up at the deadline, or when the signal is given.
 *
 * @param peer whom it is to reach, for messages
 * @param options its `signal` and its `connectTimeout` are looked at
 * @param start begins the attempt; not called when the signal has been given already
 * @throws {ChatError} kind `"timeout"` or `"aborted"`, or what the attempt failed with. It has been
 * abandoned by then.
 *
 * @example
 * ```ts
 * import { ChatError } from "asynchat";
 * import { opening } from "asynchat/adapters/kit";
 *
 * let abandoned = false;
 * const attempt = {
 *   socket: new Promise<never>(() => {}),
 *   abandon() {
 *     abandoned = true;
 *   },
 * };
 * const error = await opening("db:5432", { connectTimeout: 10 }, () => attempt)
 *   .catch((error: unknown) => error);
 * if (!(error instanceof ChatError) || error.kind !== "timeout") throw error;
 * if (!abandoned) throw new Error("unreachable");
 * ```
 */
export async function opening<Socket>(
  peer: string,
  options: ConnectOptions,
  start: () => Attempt<Socket>,
): Promise<Socket> {
  const { signal, connectTimeout = CONNECT_TIMEOUT } = options;
  const aborted = () =>
    new ChatError("aborted", `connecting to ${peer} was aborted`, { cause: signal?.reason });
  if (signal?.aborted) throw aborted();

  const attempt = start();
  let giveUp: (error: ChatError) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => giveUp = reject);
  const onabort = () => giveUp(aborted());
  signal?.addEventListener("abort", onabort);
  const callOff = connectTimeout === Infinity ? () => {} : after(connectTimeout, () =>
    giveUp(
      new ChatError(
        "timeout",
        `${peer} did not answer within ${connectTimeout} ms; is it up, and connectTimeout enough?`,
      ),
    ));
  let opened = false;
  try {
    const socket = await Promise.race([attempt.socket, givenUp]);
    opened = true;
    return socket;
  } finally {
    signal?.removeEventListener("abort", onabort);
    callOff();
    if (!opened) {
      // Abandoned, it may still fail, and nobody waits for that any more.
      attempt.socket.catch(() => {});
      attempt.abandon();
    }
  }
}
