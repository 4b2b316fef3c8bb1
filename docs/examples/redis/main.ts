/**
 * Gives one command, or listens to channels:
 *
 * ```sh
 * node dist/docs/examples/redis/main.js 6379 SET greeting hello
 * deno run --allow-net docs/examples/redis/main.ts 6379 GET greeting
 * bun docs/examples/redis/main.ts 6379 SUBSCRIBE news
 * ```
 *
 * @module
 */

import process from "node:process";
import { sayWhy } from "../say_why.ts";
import { Redis, RedisError } from "./client.ts";

const [port = "6379", name = "PING", ...args] = process.argv.slice(2);
const redis = await Redis.connect({ port: Number(port) }).catch(sayWhy);
if (name.toUpperCase() === "SUBSCRIBE") {
  redis.onmessage = (channel, message) => console.log(`${channel}: ${message}`);
  await redis.subscribe(...args);
  console.log(`listening to ${args.join(", ")}`);
  const { reason } = await redis.closed;
  console.log(`the connection is over: ${reason}`);
} else {
  const answer = await redis.command(name, ...args).catch((error: unknown) => {
    if (!(error instanceof RedisError)) return sayWhy(error);
    console.error(error.message);
    process.exit(1);
  });
  console.log(answer);
  await redis[Symbol.asyncDispose]();
}
