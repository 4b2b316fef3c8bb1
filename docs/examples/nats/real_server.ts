/**
 * A real nats-server, for checks.
 *
 * @module
 */

import { findPeer, noPeer } from "../checks/peers.ts";
import { freePort, Program } from "../checks/programs.ts";

/** What to say where there is none. */
export const NO_NATS: string = noPeer("nats-server");

/** Starts one; `undefined` where there is none. */
export async function startNats(
  { port, args = [] }: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<{ readonly server: Program; readonly port: number } | undefined> {
  const path = findPeer("nats-server");
  if (path === undefined) return undefined;
  const chosen = port ?? await freePort();
  const server = new Program("nats-server", [path, "-a", "127.0.0.1", "-p", `${chosen}`, ...args]);
  await server.shows("Server is ready");
  return { server, port: chosen };
}
