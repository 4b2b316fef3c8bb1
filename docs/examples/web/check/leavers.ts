/**
 * Clients that leave in the middle of something.
 *
 * @module
 */

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "../../checks/tally.ts";
import { runProgram } from "../../checks/run_program.ts";

const CLIENTS = 1000, AT_A_TIME = 50;

const ASKED = [
  "GET /numbers?to=1000000 HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /wait?ms=100 HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n".repeat(20),
  `POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`,
  "POST /length HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n",
  "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n0123456789",
];

/** Says a part of what it wanted to say, waits a moment perhaps, and goes, one way or the other. */
function leave(port: number, client: number): Promise<void> {
  return new Promise((resolve) => {
    const asked = ASKED[client % ASKED.length]!;
    const length = client % 4 === 0 ? asked.length : (client * 7919) % asked.length;
    const socket = connect(port, "127.0.0.1").on("error", () => {}).on("close", () => resolve());
    if (client % 3 > 0) socket.resume();
    socket.once("connect", async () => {
      socket.write(asked.slice(0, length));
      if (client % 5 > 0) await sleep(client % 7);
      if (client % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    });
  });
}

/** None of them harms anybody else. */
export async function withLeavers(tally: Tally, runtime: string, port: number): Promise<void> {
  for (let client = 0; client < CLIENTS; client += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => leave(port, client + i)));
  }
  const said = await runProgram([
    "node",
    "-e",
    `fetch("http://127.0.0.1:${port}/hello")
    .then((answer) => answer.text()).then((text) => process.stdout.write(text))`,
  ]);
  const what = `${runtime}: answers behind ${CLIENTS} clients that left in the middle of something`;
  tally.same(what, said?.out.toString(), "hello world\n");
}
