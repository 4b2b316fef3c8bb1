/**
 * Which checks there are, and what they need.
 *
 * @module
 */

/** How one example is held to programs of others. */
export interface Example {
  /** Those programs, by their names in `peers.ts`. */
  readonly needs: readonly string[];
  /** What others have tested theirs with, by its name in `corpora.ts`. */
  readonly corpora?: readonly string[];
  /** Checks that are run on every runtime, from one source. */
  readonly everywhere?: readonly string[];
  /** Checks that start what runs on every runtime, and are run once. */
  readonly once?: readonly string[];
}

/** The scripts of package.json, in the order in which `npm run examples` runs them. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  chat: { needs: ["nc", "script"], once: ["chat/check"] },
  "chat:cluster": { needs: ["nc", "redis-server", "chromium"], once: ["chat/cluster"] },
  web: {
    needs: ["curl", "python3", "wrk", "ab"],
    corpora: ["gunicorn", "http-parser"],
    once: ["web/check/index"],
  },
  crawler: { needs: ["python3"], everywhere: ["crawler/check"] },
  smtp: { needs: ["python3", "openssl"], once: ["smtp/check"] },
  redis: { needs: ["redis-server", "openssl"], everywhere: ["redis/check"] },
  nats: { needs: ["nats-server"], everywhere: ["nats/check"], once: ["nats/check_workers"] },
  browser: { needs: ["chromium"], once: ["browser/check"] },
};
