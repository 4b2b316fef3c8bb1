/**
 * A chat server over plain TCP lines, the same source on every runtime:
 *
 * ```sh
 * node dist/docs/examples/chat/server.js 7000
 * deno run --allow-net docs/examples/chat/server.ts 7000
 * bun docs/examples/chat/server.ts 7000
 * nc localhost 7000
 * ```
 *
 * @module
 */

import process from "node:process";
import { listen } from "asynchat/adapters";
import { Lobby } from "./lobby.ts";
import { Visitor } from "./visitor.ts";

const port = Number(process.argv[2] ?? 7000);
const lobby = new Lobby();
const visitors = new Set<Visitor>();

const listener = await listen({ port }, (peer) => {
  const visitor = new Visitor(lobby, peer);
  visitors.add(visitor);
  visitor.closed.then(() => visitors.delete(visitor));
  return visitor;
});
console.log(
  `listening on ${listener.address} port ${listener.port}; try: nc localhost ${listener.port}`,
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    lobby.announce("* the server is going down");
    // What has been said still reaches everybody; who does not read is cut after a second.
    for (const visitor of visitors) visitor.closeWhenDone();
    setTimeout(() => void listener.close({ force: true }), 1000);
    await listener.close();
    process.exit(0);
  });
}
