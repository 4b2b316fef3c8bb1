/**
 * One site as a crawler sees it: a few connections that are kept, a pace, and what it asks of
 * robots.
 *
 * @module
 */

import { type Chat, ChatError } from "asynchat";
import { connect } from "asynchat/adapters";
import type { ConnectOptions } from "asynchat/adapters/kit";
import { type AnswerLimits, ask } from "./answer.ts";
import { EVERYTHING, parseRobots, type Robots } from "./robots.ts";

/** How to treat a site. */
export interface HostOptions extends AnswerLimits {
  /** Connections at a time. */
  readonly perHost: number;
  /** Milliseconds between the beginnings of two requests; a site may ask for more. */
  readonly delay: number;
  /** For `https`: whom to trust, say. */
  readonly tls: ConnectOptions["tls"];
}

/** What was read of a page. */
export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

const MAX_ROBOTS = 512 * 1024;

/** One origin. */
export class Host {
  readonly #origin: URL;
  readonly #options: HostOptions;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #idle: Chat[] = [];
  readonly #open = new Set<Chat>();
  #running = 0;
  #isClosed = false;
  #delay: number;
  /** When the next request may begin. */
  #nextAt = 0;
  #robots: Promise<Robots> | undefined;

  /** Nothing is asked before the first task. */
  constructor(origin: URL, options: HostOptions) {
    this.#origin = origin;
    this.#options = options;
    this.#delay = options.delay;
  }

  /** Runs a task when there is room for one more on this site. It must not reject. */
  run(task: () => Promise<void>): void {
    this.#waiting.push(task);
    this.#next();
  }

  #next(): void {
    while (this.#running < this.#options.perHost) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#running++;
      void task().finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }

  /**
   * What the site asks of robots; it is asked once.
   *
   * @throws {Error} when it could not be asked: then it is left alone.
   */
  robots(): Promise<Robots> {
    return this.#robots ??= this.#readRobots();
  }

  async #readRobots(): Promise<Robots> {
    const { status, bytes } = await this.get(new URL("/robots.txt", this.#origin), MAX_ROBOTS);
    if (status >= 500) throw new Error(`robots.txt is answered with status ${status}`);
    if (status >= 300) return EVERYTHING;
    const robots = parseRobots(new TextDecoder().decode(bytes), "asynchat-crawler");
    this.#delay = Math.max(this.#delay, robots.delay ?? 0);
    return robots;
  }

  /**
   * Reads a page.
   *
   * @throws {Error} whatever was wrong with the site, the network or the answer.
   */
  async get(url: URL, maxBody: number = this.#options.maxBody): Promise<Page> {
    await this.#turn();
    for (;;) {
      const kept = this.#takeIdle(), chat = kept ?? await this.#connect();
      const { bytesReceived } = chat.asyncChat.stats;
      try {
        return await this.#exchange(chat, url, maxBody);
      } catch (error) {
        chat.close();
        // A connection that was kept may end while we ask. Then nothing has been answered.
        const isStale = kept !== undefined && chat.asyncChat.stats.bytesReceived === bytesReceived;
        if (!(error instanceof ChatError && isStale) || this.#isClosed) throw error;
      }
    }
  }

  async #exchange(chat: Chat, url: URL, maxBody: number): Promise<Page> {
    const { status, headers, body, kept } = await ask(chat, url, { ...this.#options, maxBody });
    const bytes = await collect(body);
    if (kept && !this.#isClosed) this.#idle.push(chat);
    else void chat.closeWhenDone();
    return { status, headers, bytes };
  }

  /** Waits until it is time to ask again. */
  async #turn(): Promise<void> {
    const now = performance.now(), at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#delay;
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
    if (this.#isClosed) throw new ChatError("aborted", "the crawl was stopped");
  }

  #takeIdle(): Chat | undefined {
    for (let chat = this.#idle.pop(); chat !== undefined; chat = this.#idle.pop()) {
      // What nobody has asked for is the answer to nothing, and not to what is asked next.
      if (!chat.asyncChat.session.isOver && !chat.asyncChat.hasUnread) return chat;
      chat.close();
    }
    return undefined;
  }

  async #connect(): Promise<Chat> {
    const { hostname, port, protocol } = this.#origin, isSecure = protocol === "https:";
    const chat = await connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (isSecure ? 443 : 80)),
      connectTimeout: this.#options.timeout,
      closeTimeout: 1_000,
      ...(isSecure ? { tls: this.#options.tls ?? true } : {}),
    });
    this.#open.add(chat);
    void chat.closed.then(() => this.#open.delete(chat));
    if (this.#isClosed) chat.close();
    return chat;
  }

  /** Ends its connections, those in use as well; resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.length = 0;
    const gone = [...this.#open].map((chat) => chat.closed);
    for (const chat of this.#open) {
      if (this.#idle.includes(chat)) void chat.closeWhenDone();
      else chat.close();
    }
    await Promise.all(gone);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of body) pieces.push(piece as Uint8Array<ArrayBuffer>);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
