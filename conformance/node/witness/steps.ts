/**
 * What each step of a program does.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Step } from "../../case.ts";
import { integerOf } from "../../random.ts";
import type { Connection } from "./connection.ts";

/** Does one step; resolves when the next is due. */
export function perform(connection: Connection, step: Step): Promise<void> | void {
  switch (step.do) {
    case "recv":
      return receive(connection, step.bytes);
    case "recv-end":
      return connection.until(() => connection.fin);
    case "send":
      return sendStream(connection, step.bytes, step.piece);
    case "text":
      return sendText(connection, new TextEncoder().encode(step.text), step.piece);
    case "echo":
      return echo(connection);
    case "fin":
      return end(connection);
    case "reset":
      return void connection.plain.resetAndDestroy();
    case "pause":
      return connection.read(false);
    case "resume":
      connection.rate = step.rate ?? Infinity;
      return connection.read(true);
    case "tls":
      return connection.startTls(step);
    case "cut":
      return fin(connection.plain);
    case "hold":
      return connection.hold();
    default:
      throw new Error(`the witness knows no step ${JSON.stringify(step satisfies never)}`);
  }
}

async function receive(connection: Connection, bytes: number): Promise<void> {
  await connection.until(() => connection.received >= connection.taken + bytes);
  connection.take(bytes);
}

async function sendStream(connection: Connection, bytes: number, piece?: number): Promise<void> {
  const end = connection.streamed + bytes;
  while (connection.streamed < end) {
    const start = connection.streamed;
    const size = piece ?? integerOf(connection.random, 8, 256 * 1024);
    connection.streamed = Math.min(start + size, end);
    await connection.write(connection.stream.slice(start, connection.streamed));
    if (piece !== undefined) await turn();
  }
}

async function sendText(connection: Connection, bytes: Uint8Array, piece?: number): Promise<void> {
  if (piece === undefined) return connection.write(bytes);
  for (let start = 0; start < bytes.length; start += piece) {
    await connection.write(bytes.subarray(start, start + piece));
    await turn();
  }
}

async function echo(connection: Connection): Promise<void> {
  for (;;) {
    const bytes = await connection.nextEcho();
    if (bytes === undefined) return;
    await connection.write(bytes);
  }
}

async function end({ socket, tlsRole }: Connection): Promise<void> {
  // Node's server loses the close_notify when it overtakes what the handshake left to be written.
  if (tlsRole === "server") await turn();
  await fin(socket);
}

function fin(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.end(resolve));
}

/** Lets the system send what it has, so that the next piece has a segment of its own. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
