/**
 * What it means that a Worker's socket belongs to one request.
 *
 * @module
 */

import type { AsyncChat } from "../core/async_chat.ts";
import { after } from "./clock.ts";

/**
 * Ties a conversation to the request that is current now: its hooks are called there, whoever gives
 * it commands, and the request is not taken to hang while it lasts.
 */
export function stayInRequest(chat: AsyncChat): void {
  const { session } = chat;
  const { onwake } = session;
  session.onwake = fromAnywhere(() => onwake?.());
  // A request with nothing pending is cancelled: all is paused, or the peer has ended and we not.
  const letGo = after(Infinity, () => {});
  void chat.closed.then(() => {
    letGo();
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
  let call: () => void = () => {};
  const listen = () => {
    void new Promise<void>((resolve) => call = resolve).then(() => {
      listen();
      act();
    });
  };
  listen();
  return () => call();
}
