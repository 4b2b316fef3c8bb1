/**
 * Hands out jobs, 50 at a time, until each has been acknowledged:
 *
 * ```sh
 * node dist/docs/examples/nats/boss.js 4222 1000
 * ```
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ChatError } from "asynchat";
import { type Nats, NatsError } from "./client.ts";
import { keepConnected } from "./keep_connected.ts";

const [port = "4222", count = "1000", prefix = "job"] = process.argv.slice(2);
const finished = new AbortController();
const doneBy = new Map<string, number>();
let nats: Nats | undefined;
let again = 0;
let running: Promise<void> | undefined;

// Each connection takes the place of the one before.
await new Promise<void>((connected, failed) => {
  running = keepConnected({ port: Number(port), name: "boss" }, (connection) => {
    nats = connection;
    connected();
  }, finished.signal);
  running.catch(failed);
});

/** Asks until there is an answer: a job that was asked for again may be done twice. */
async function handOut(id: string): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      const answer = await nats!.request("jobs", `${id} ${"x".repeat(500)}`, { timeout: 30_000 });
      const [, worker = ""] = new TextDecoder().decode(answer.payload).split(" ");
      doneBy.set(worker, (doneBy.get(worker) ?? 0) + 1);
      return;
    } catch (error) {
      if (!(error instanceof ChatError || error instanceof NatsError)) throw error;
      if (attempt === 0) again++;
      console.log(`again ${id}: ${error.message}`);
      await sleep(100);
    }
  }
}

let next = 0;
await Promise.all(Array.from({ length: 50 }, async () => {
  while (next < Number(count)) await handOut(`${prefix}${next++}`);
}));
finished.abort();
await nats?.[Symbol.asyncDispose]();
await running;
const shares = [...doneBy].sort().map(([worker, jobs]) => `${worker} ${jobs}`).join(", ");
console.log(`${count} jobs done: ${shares}; asked for again: ${again}`);
