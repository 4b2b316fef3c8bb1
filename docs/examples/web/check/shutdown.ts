/**
 * A server that is told to go down in the middle of an answer.
 *
 * @module
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Program, until } from "../../checks/programs.ts";
import type { Tally } from "../../checks/tally.ts";

/** Everything that comes on a connection. */
function listen(socket: Socket): { said: string } {
  const heard = { said: "" };
  socket.on("error", () => {}).on("data", (chunk) => heard.said += chunk);
  return heard;
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

/** Nobody new is let in, who has nothing to ask is let go, and who is being answered is answered. */
export async function withShutdown(
  tally: Tally,
  runtime: string,
  server: Program,
  port: number,
): Promise<void> {
  const [busy, idle] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  const [answer, between] = [listen(busy), listen(idle)];
  idle.write("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  await until("the first is answered", () => between.said.endsWith("hello world\n"));
  // The go-ahead is how we know that a handler is at work.
  busy.write(
    "POST /length HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  );
  await until("the second is read", () => answer.said.includes("100 Continue"));
  const left = once(idle, "end");
  const ended = server.kill("SIGTERM");
  await until("nobody new is let in", () => isRefused(port));
  await left;
  busy.write("abc");
  await once(busy, "close");
  busy.destroy();
  const what = `${runtime}: when told to go down, answers who is being answered, and ends`;
  tally.check(what, /connection: close\r\n[^]*\{"bytes":3\}/.test(answer.said), answer.said);
  tally.same(`${runtime}: and says that this was in order`, await ended, 0);
}
