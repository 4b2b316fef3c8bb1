/**
 * Servers on whatever runtimes, joined by a Redis: a channel for what is new, a list for who was
 * away meanwhile.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { ChatError } from "asynchat";
import { Redis, RedisError, type RedisOptions } from "../redis/client.ts";
import type { Hub, HubEvents, News, Roster } from "./hub.ts";

const NEWS = "chat:news", PAST = "chat:past", HERE = "chat:here:";

/** What is said goes to the list and to the channel, both or neither. */
const SAY = `
  redis.call("RPUSH", KEYS[1], ARGV[1])
  redis.call("LTRIM", KEYS[1], -1000, -1)
  return redis.call("PUBLISH", KEYS[2], ARGV[1])`;

/** Most news that waits for Redis; older is forgotten. */
const MOST_WAITING = 1000;
/** Milliseconds between two looks at who is there, and how many may stay without an answer. */
const BEAT = 1000, MOST_UNANSWERED = 10;

/** News of one server's, in its order. */
type Told = { readonly from: string; readonly number: number } & News;

/**
 * Every server numbers what it tells, and tells again what Redis has not confirmed; whoever hears a
 * number of a server's that is not above the last one has heard it already.
 */
export class RedisHub implements Hub {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly #id = crypto.randomUUID();
  readonly #options: RedisOptions;
  readonly #closing = new AbortController();
  readonly #heard = new Map<string, number>();
  readonly #servers = new Set<string>();
  #waiting: Told[] = [];
  #number = 0;
  #roster: Roster = [];
  /** There while the others are within reach. */
  #redis: Redis | undefined;
  #joined = false;
  #events: HubEvents | undefined;
  #onready: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, options: RedisOptions) {
    this.name = name;
    this.ready = new Promise((resolve) => this.#onready = resolve);
    this.#options = { connectTimeout: 5000, ...options };
  }

  start(events: HubEvents): void {
    this.#events = events;
    this.#running = this.#run();
  }

  tell(news: News): void {
    const told = { from: this.#id, number: ++this.#number, ...news };
    this.#waiting = [...this.#waiting, told].slice(-MOST_WAITING);
    this.#send(told);
  }

  present(roster: Roster): void {
    this.#roster = roster;
    const text = JSON.stringify({ from: this.#id, roster });
    // When it is lost, the next beat says it again.
    this.#redis?.command("PUBLISH", NEWS, text).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#redis?.command("PING").catch(() => {});
    await this.#redis?.[Symbol.asyncDispose]();
    await this.#running;
  }

  /** Connects, and connects again, until the server goes down. */
  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let pause = 100; !signal.aborted; pause = Math.min(2 * pause, 5000)) {
      try {
        await this.#stayWith(await Redis.connect({ ...this.#options, signal }));
        pause = 100;
      } catch (error) {
        if (!(error instanceof ChatError || error instanceof RedisError)) throw error;
        if (!signal.aborted) console.log(`no Redis: ${error.message}`);
        this.#onready();
      }
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  async #stayWith(redis: Redis): Promise<void> {
    let unanswered = 0;
    const beat = setInterval(() => {
      if (++unanswered > MOST_UNANSWERED) {
        return redis.abort(new ChatError("timeout", "Redis does not answer any more"));
      }
      this.#look(redis).then(() => unanswered = 0, () => {});
    }, BEAT);
    try {
      await this.#join(redis);
      await redis.closed;
    } finally {
      clearInterval(beat);
      redis.close();
      const was = this.#redis;
      this.#redis = undefined;
      this.#servers.clear();
      if (was !== undefined && !this.#closing.signal.aborted) this.#events?.onreach(false);
    }
  }

  async #join(redis: Redis): Promise<void> {
    const early: string[] = [];
    redis.onmessage = (_, text) => void early.push(text);
    const subscribed = redis.subscribe(NEWS, HERE + this.#id);
    const [past] = await Promise.all([redis.command("LRANGE", PAST, 0, -1), subscribed]);
    // What was published behind the subscription may be in the list, too: it has its number.
    for (const text of past as readonly string[]) this.#hear(text, !this.#joined);
    for (const text of early) this.#hear(text, false);
    redis.onmessage = (_, text) => this.#hear(text, false);
    this.#redis = redis;
    this.#joined = true;
    for (const told of this.#waiting) this.#send(told);
    this.present(this.#roster);
    this.#events?.onreach(true);
    this.#onready();
  }

  #send(told: Told): void {
    const text = JSON.stringify(told);
    // What is for one person is not kept.
    const sent = "room" in told
      ? this.#redis?.command("EVAL", SAY, 2, PAST, NEWS, text)
      : this.#redis?.command("PUBLISH", NEWS, text);
    sent?.then(
      () => this.#waiting = this.#waiting.filter(({ number }) => number > told.number),
      (error) => {
        if (error instanceof RedisError) console.log(`Redis refused news: ${error.message}`);
      },
    );
  }

  #hear(text: string, past: boolean): void {
    const { from, number, roster, ...news } = JSON.parse(text);
    if (from === this.#id) return;
    if (roster !== undefined) {
      this.#servers.add(from);
      return this.#events?.onroster(from, roster);
    }
    if (number <= (this.#heard.get(from) ?? 0)) return;
    this.#heard.set(from, number);
    this.#events?.onnews(news, past);
  }

  /** A server is there as long as it listens to its own channel: Redis sees every end at once. */
  async #look(redis: Redis): Promise<void> {
    this.present(this.#roster);
    const servers = [...this.#servers];
    const channels = servers.map((server) => HERE + server);
    const counts = await redis.command("PUBSUB", "NUMSUB", ...channels) as readonly unknown[];
    for (const [i, server] of servers.entries()) {
      if (counts[2 * i + 1] !== 0 || !this.#servers.delete(server)) continue;
      this.#events?.ongone(server);
    }
  }
}
