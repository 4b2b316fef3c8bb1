/**
 * What one write a turn is worth: lines of 64 B, a thousand at a time, sent and sent back.
 *
 * A client that waits for its thousand before it sends the next; rounds take turns, and what counts
 * are the ratios to the first server.
 *
 * @module
 */

import { connect } from "node:net";
import { servers } from "./echo/servers.ts";

const ROUNDS = 7, BATCHES = 100, LINES = 1000;
const batch = Buffer.from(`${"x".repeat(63)}\n`.repeat(LINES));

/** Lines a millisecond. */
async function measure(port: number): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const started = performance.now();
  for (let i = 0; i < BATCHES; i++) {
    let left = batch.length;
    const back = new Promise<void>((resolve) =>
      socket.on("data", (chunk) => {
        left -= chunk.length;
        if (left === 0) resolve();
      })
    );
    socket.write(batch);
    await back;
    socket.removeAllListeners("data");
  }
  const rate = BATCHES * LINES / (performance.now() - started);
  socket.destroy();
  return rate;
}

const running = await Promise.all(
  Object.entries(servers).map(async ([name, listen]) => ({ name, ...await listen() })),
);
const rates = running.map(() => [] as number[]);
for (let round = -1; round < ROUNDS; round++) {
  for (const [i, { port }] of running.entries()) {
    const rate = await measure(port);
    // The first round only warms up.
    if (round >= 0) rates[i]!.push(rate);
  }
}
console.log(`\nLines of 64 B sent back, ${LINES} at a time; medians of ${ROUNDS} ratios\n`);
for (const [i, { name, close }] of running.entries()) {
  const ratios = rates[i]!.map((rate, round) => rate / rates[0]![round]!).sort((a, b) => a - b);
  console.log(`${name.padEnd(40)} ${ratios[ROUNDS >> 1]!.toFixed(2)}`);
  await close();
}
