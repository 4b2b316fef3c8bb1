/**
 * A crawler: from some pages it follows the links, each once, and says what it found.
 *
 * @module
 */

import { Host, type HostOptions, type Page } from "./host.ts";
import { linksOf } from "./links.ts";

/** How far to go. */
export interface CrawlLimits {
  /** Links between a page to start at and the farthest. */
  readonly maxDepth: number;
  /** URLs in all. */
  readonly maxPages: number;
  /** Redirects one after the other. */
  readonly maxRedirects: number;
}

/** How to go about it. */
export interface CrawlOptions extends Partial<HostOptions>, Partial<CrawlLimits> {
  /** Told of each page, and how many are known and not read yet. */
  readonly onvisit?: (visit: Visit, left: number) => void;
  /** Stops it; what was found until then is summed up. */
  readonly signal?: AbortSignal;
}

/** One page that was asked for. */
export interface Visit {
  readonly url: string;
  /** The page that links to it. */
  readonly from: string | undefined;
  /** Links from where it began. */
  readonly depth: number;
  /** Bytes of its body, unpacked. */
  readonly bytes: number;
  /** What it was answered with; `undefined` when there was no answer. */
  readonly status: number | undefined;
  /** Why it cannot be read, if so. */
  readonly problem: string | undefined;
}

/** What was found. */
export interface Summary {
  readonly pages: number;
  readonly bytes: number;
  /** How many were answered with each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** What cannot be read, and who links to it. */
  readonly broken: readonly Visit[];
  /** How many the sites asked not to visit. */
  readonly disallowed: number;
}

/** What holds when nothing is said. */
export const DEFAULTS: HostOptions & CrawlLimits = {
  maxDepth: 20,
  maxPages: 10_000,
  maxRedirects: 5,
  perHost: 4,
  delay: 0,
  timeout: 30_000,
  maxBody: 4 * 1024 * 1024,
  tls: true,
};

/** A URL to visit. */
interface Link {
  readonly url: string;
  readonly from: string | undefined;
  readonly depth: number;
  /** How many redirects led to it, one after the other. */
  readonly redirects: number;
}

/** Crawls the sites of the pages to start at, and no others. Resolves when every page was seen. */
export async function crawl(
  start: readonly string[],
  options: CrawlOptions = {},
): Promise<Summary> {
  const crawler = new Crawler(start.map((url) => new URL(url)), options);
  return await crawler.run();
}

class Crawler {
  readonly #options: HostOptions & CrawlLimits & CrawlOptions;
  readonly #start: readonly URL[];
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #seen = new Set<string>();
  readonly #redirects = new Map<string, string>();
  readonly #statuses = new Map<number, number>();
  readonly #broken: Visit[] = [];
  #pages = 0;
  #bytes = 0;
  #disallowed = 0;
  #left = 0;
  #ondone: () => void = () => {};

  constructor(start: readonly URL[], options: CrawlOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#start = start;
    this.#hosts = new Map(start.map((url) => [url.origin, new Host(url, this.#options)]));
  }

  async run(): Promise<Summary> {
    const { signal } = this.#options;
    await new Promise<void>((resolve) => {
      this.#ondone = resolve;
      signal?.addEventListener("abort", () => resolve());
      for (const { href } of this.#start) {
        this.#add({ url: href.replace(/#.*$/, ""), from: undefined, depth: 0, redirects: 0 });
      }
      if (this.#left === 0 || signal?.aborted) resolve();
    });
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
    return {
      pages: this.#pages,
      bytes: this.#bytes,
      statuses: this.#statuses,
      broken: this.#broken,
      disallowed: this.#disallowed,
    };
  }

  #add(link: Link): void {
    const { maxDepth, maxPages } = this.#options;
    const host = this.#hosts.get(new URL(link.url).origin);
    if (host === undefined || link.depth > maxDepth) return;
    if (this.#seen.has(link.url) || this.#seen.size >= maxPages) return;
    this.#seen.add(link.url);
    this.#left++;
    host.run(async () => {
      await this.#visit(link, host);
      if (--this.#left === 0) this.#ondone();
    });
  }

  async #visit(link: Link, host: Host): Promise<void> {
    const url = new URL(link.url);
    let page: Page | undefined, problem: string | undefined;
    try {
      const { allows } = await host.robots();
      if (!allows(`${url.pathname}${url.search}`)) return void this.#disallowed++;
      page = await host.get(url);
      problem = this.#follow(link, page);
    } catch (error) {
      if (this.#options.signal?.aborted) return;
      problem = error instanceof Error ? error.message : String(error);
    }
    this.#tell({
      url: link.url,
      from: link.from,
      depth: link.depth,
      bytes: page?.bytes.length ?? 0,
      status: page?.status,
      problem,
    });
  }

  /** Adds what a page leads to. Answers what is wrong with it, if something is. */
  #follow(link: Link, { status, headers, bytes }: Page): string | undefined {
    if (status >= 400) return `status ${status}`;
    const location = headers.get("location");
    if (status >= 300 && location !== null) return this.#redirect(link, location);
    if (!/^text\/html\b/i.test(headers.get("content-type") ?? "")) return undefined;
    for (const url of linksOf(new TextDecoder().decode(bytes), link.url)) {
      this.#add({ url, from: link.url, depth: link.depth + 1, redirects: 0 });
    }
    return undefined;
  }

  #redirect({ url, from, depth, redirects }: Link, location: string): string | undefined {
    if (!URL.canParse(location, url)) return "a redirect to nowhere";
    const target = new URL(location, url).href.replace(/#.*$/, "");
    this.#redirects.set(url, target);
    const way = new Set<string>();
    for (let at: string | undefined = target; at !== undefined; at = this.#redirects.get(at)) {
      if (at === url) return "redirects that go round in a circle";
      if (way.has(at)) break;
      way.add(at);
    }
    if (redirects >= this.#options.maxRedirects) return "redirects without end";
    this.#add({ url: target, from: from ?? url, depth, redirects: redirects + 1 });
    return undefined;
  }

  #tell(visit: Visit): void {
    const { status, bytes, problem } = visit;
    if (status !== undefined) {
      this.#pages++;
      this.#bytes += bytes;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    }
    if (problem !== undefined) this.#broken.push(visit);
    this.#options.onvisit?.(visit, this.#left - 1);
  }
}
