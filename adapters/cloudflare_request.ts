/**
 * What it means that a Worker's socket belongs to one request.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import { deferred } from "../core/deferred.ts";
import { after } from "./clock.ts";
import type { WorkerSocket } from "./cloudflare_socket.ts";
import { ignore } from "./stream_transport.ts";

/**
 * Ties a conversation to the request that is current now: its hooks are called there, whoever gives
 * it commands, and the request is not taken to hang while it lasts.
 */
export function stayInRequest(chat: AsyncChat, socket: Pick<WorkerSocket, "closed">): void {
  const { session } = chat;
  const { onwake } = session;
  session.onwake = fromAnywhere(() => onwake?.());

  let letGo: (() => void) | undefined;
  // The peer is gone, and if nobody reads or writes just now, nobody knows: with nothing pending the
  // request would be cancelled, and the conversation never be told its end.
  const hold = () => void (letGo ??= after(Infinity, ignore));
  socket.closed.then(hold, hold);
  void chat.closed.then(() => {
    letGo?.();
    letGo = ignore;
    session.onwake = undefined;
  });
}

/**
 * Makes a function that calls `act` in the request that is current now, whoever calls it.
 *
 * A socket that is touched from another request is wedged for good, so commands must come home
 * first. A promise, whoever resolves it, goes on in the request that made it.
 */
function fromAnywhere(act: () => void): () => void {
  let call: () => void = ignore;
  const listen = () => {
    const { promise, resolve } = deferred<void>();
    call = resolve;
    void promise.then(() => {
      listen();
      act();
    });
  };
  listen();
  return () => call();
}
