/**
 * A connection that comes again when it is lost.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { ChatError } from "asynchat";
import { Nats, type NatsOptions } from "./client.ts";

/**
 * Connects, and connects again whenever the broker is lost, until `signal` is given. `use` is called
 * with each connection: subscriptions belong to one, so it makes them anew.
 *
 * @throws {NatsError} when the broker does not let us in: to ask again would not help.
 */
export async function keepConnected(
  options: NatsOptions,
  use: (nats: Nats) => void,
  signal: AbortSignal,
): Promise<void> {
  let isTold = false;
  for (let pause = 50; !signal.aborted; pause = Math.min(2 * pause, 2000)) {
    try {
      const nats = await Nats.connect({ ...options, signal });
      use(nats);
      pause = 50;
      isTold = false;
      const { reason } = await nats.closed;
      if (!signal.aborted) console.log(`the broker is lost: ${reason}`);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (!isTold && !signal.aborted) {
        console.log(`${error.message} Trying again until it is there`);
      }
      isTold = true;
    }
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}
