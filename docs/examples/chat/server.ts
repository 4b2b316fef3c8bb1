/**
 * A chat server over plain TCP lines, and over WebSockets, the same source on every runtime:
 *
 * ```sh
 * node dist/docs/examples/chat/server.js 7000 8000
 * deno run --allow-net --allow-read docs/examples/chat/server.ts 7000 8000
 * bun docs/examples/chat/server.ts 7000 8000
 * nc localhost 7000
 * ```
 *
 * The second port is for browsers, and may be left out.
 *
 * | option          | what it does                                                              |
 * | --------------- | ------------------------------------------------------------------------- |
 * | `--redis 6379`  | joins all servers that are told the same Redis: one lobby                 |
 * | `--name a`      | what guests' names have in them then; each server has its own             |
 * | `--rate 5`      | lines that a visitor may say in a second; `Infinity` for any              |
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { listen, serve } from "asynchat/adapters";
import { browsers } from "./browsers.ts";
import { sayWhy } from "../say_why.ts";
import { ALONE } from "./hub.ts";
import { Lobby } from "./lobby.ts";
import { RedisHub } from "./redis_hub.ts";
import { Visitor } from "./visitor.ts";

const { values, positionals: [port = "7000", webPort] } = parseArgs({
  allowPositionals: true,
  options: {
    redis: { type: "string" },
    name: { type: "string", default: "" },
    rate: { type: "string", default: "5" },
  },
});
const rate = Number(values.rate);
const hub = values.redis === undefined
  ? ALONE
  : new RedisHub(values.name, { port: Number(values.redis) });
const lobby = new Lobby(hub);
const visitors = new Set<Visitor>();

function welcome(peer: string): Visitor {
  const visitor = new Visitor(lobby, peer, { rate });
  visitors.add(visitor);
  visitor.closed.then(() => visitors.delete(visitor));
  return visitor;
}

// Who comes first is told what was said before, too.
await hub.ready;
const listeners = [await listen({ port: Number(port) }, welcome).catch(sayWhy)];
const [lines] = listeners;
console.log(`listening on ${lines!.address} port ${lines!.port}; try: nc localhost ${lines!.port}`);

if (webPort !== undefined) {
  const page = await readFile("dist/docs/examples/chat/page.html", "utf8")
    .catch(() => "<p>There is no page yet: run <code>npm run page</code>, then start again.");
  const web = await serve({ port: Number(webPort) }, browsers(page, welcome)).catch(sayWhy);
  listeners.push(web);
  console.log(`and for browsers: http://localhost:${web.port}/`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    lobby.announce("* the server is going down");
    // What has been said still reaches everybody; who does not read is cut after a second.
    for (const visitor of visitors) visitor.closeWhenDone();
    const close = (force: boolean) =>
      Promise.all(listeners.map((listener) => listener.close({ force })));
    setTimeout(() => void close(true), 1000);
    await close(false);
    // The other servers hear of it as well.
    await hub.close();
    process.exit(0);
  });
}
