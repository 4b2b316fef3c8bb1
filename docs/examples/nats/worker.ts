/**
 * Takes jobs out of a queue, does them one after the other, and answers each: that is the
 * acknowledgement. Any number of workers share the queue.
 *
 * ```sh
 * node dist/docs/examples/nats/worker.js 4222 ann
 * deno run --allow-net docs/examples/nats/worker.ts 4222 bob
 * bun docs/examples/nats/worker.ts 4222 cat
 * ```
 *
 * @module
 */

import process from "node:process";
import type { Message, Nats } from "./client.ts";
import { keepConnected } from "./keep_connected.ts";

const [port = "4222", name = "worker"] = process.argv.slice(2);
const decoder = new TextDecoder();
const leaving = new AbortController();
/** Answers of the last jobs: one that is asked for again is not done again here. */
const done = new Map<string, string>();

/** The work: whatever takes some time. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function work(nats: Nats, { payload, reply }: Message): Promise<void> {
  const [id = ""] = decoder.decode(payload.subarray(0, 64)).split(" ", 1);
  let answer = done.get(id);
  if (answer === undefined) {
    answer = `${id} ${name} ${await digest(payload.slice())}`;
    console.log(`did ${id}`);
    done.set(id, answer);
    if (done.size > 10_000) done.delete(done.keys().next().value!);
  }
  if (reply !== undefined && nats.session.canPush) nats.publish(reply, answer);
}

let current: { readonly nats: Nats; readonly stop: () => Promise<void> } | undefined;

/** Takes no more jobs, does those that have come, and answers them. */
async function leave(): Promise<void> {
  leaving.abort();
  await current?.stop().catch(() => {});
  current?.nats.closeWhenDone();
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, leave);

await keepConnected({ port: Number(port), name }, (nats) => {
  current = { nats, stop: nats.subscribe("jobs", (job) => work(nats, job), "workers") };
  void nats.flush().then(() => console.log("ready"), () => {});
}, leaving.signal);
