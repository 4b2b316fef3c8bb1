/**
 * The entries of the package, and who can use them.
 *
 * @module
 */

/** Where an entry is used: a runtime, or a bundle for a page. */
export type Place = "node" | "deno" | "bun" | "workerd" | "page";

/** An entry, and the program that uses it. */
export interface Entry {
  readonly name: string;
  /** Its file in `consumers/`, without extension. */
  readonly program: string;
  /** Where it can be used; everywhere. */
  readonly on?: readonly Place[];
}

/** How it went: for each row of a column, `""` or what was wrong. */
export type Outcome = ReadonlyMap<string, string>;

/** All of them. */
export const ENTRIES: readonly Entry[] = [
  { name: "asynchat", program: "core" },
  { name: "asynchat/adapters", program: "adapters" },
  { name: "asynchat/adapters/node", program: "adapters_node", on: ["node", "deno", "bun"] },
  { name: "asynchat/adapters/deno", program: "adapters_deno", on: ["deno"] },
  { name: "asynchat/adapters/bun", program: "adapters_bun", on: ["bun"] },
  { name: "asynchat/adapters/cloudflare", program: "adapters_cloudflare", on: ["workerd"] },
  { name: "asynchat/adapters/web", program: "web" },
  { name: "asynchat/adapters/websocket", program: "websocket" },
  { name: "asynchat/adapters/memory", program: "memory" },
  { name: "asynchat/adapters/kit", program: "kit" },
  { name: "asynchat/streams", program: "streams" },
  { name: "asynchat/testing", program: "testing" },
  { name: "asynchat/conformance", program: "conformance" },
  { name: "asynchat/conformance/node", program: "conformance_node", on: ["node", "deno", "bun"] },
];

/** Those that can be used there. */
export function entriesFor(place: Place): Entry[] {
  return ENTRIES.filter(({ on }) => on?.includes(place) ?? true);
}
