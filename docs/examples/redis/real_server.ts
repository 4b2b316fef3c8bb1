/**
 * A real redis-server, for checks.
 *
 * @module
 */

import { findPeer, noPeer } from "../checks/peers.ts";
import { freePort, Program } from "../checks/programs.ts";

/** What to say where there is none. */
export const NO_REDIS: string = noPeer("redis-server");

/** Starts one that keeps nothing on disk; `undefined` where there is none. */
export async function startRedis(
  { port, args = [] }: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<{ readonly server: Program; readonly port: number } | undefined> {
  const path = findPeer("redis-server");
  if (path === undefined) return undefined;
  const chosen = port ?? await freePort();
  const options = ["--port", `${chosen}`, "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"];
  const server = new Program("redis-server", [path, ...options, ...args]);
  await server.shows("Ready to accept connections");
  return { server, port: chosen };
}
