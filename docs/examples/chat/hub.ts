/**
 * What joins several chat servers to one: each tells the others what is said on it, and who is
 * there. A server that is alone has a hub as well, and nobody on it.
 *
 * @module
 */

/** Something for people on other servers. */
export type News =
  /** For everybody in a room; `said` by somebody, or a note of the server's. */
  | { readonly room: string; readonly line: string; readonly said: boolean }
  /** For one person. */
  | { readonly to: string; readonly line: string };

/** Who is on a server, and in which rooms. */
export type Roster = readonly (readonly [nick: string, room: string])[];

/** What a hub tells. */
export interface HubEvents {
  /**
   * Another server told something: everything once, each server's in its order. When `past`, it was
   * told before this server came up.
   */
  onnews(news: News, past: boolean): void;
  /** Who is on another server now. */
  onroster(server: string, roster: Roster): void;
  /** Another server is gone, with everybody on it. */
  ongone(server: string): void;
  /** The others are out of reach, or within it again. */
  onreach(within: boolean): void;
}

/** The other servers, as one of them sees them. */
export interface Hub {
  /** What guests' names have in them here, so that two servers give no name twice. */
  readonly name: string;
  /** Resolves when the others have been reached, or could not be at the first attempt. */
  readonly ready: Promise<void>;
  /** Begins to tell. */
  start(events: HubEvents): void;
  /** Tells the others, now or as soon as they are within reach. */
  tell(news: News): void;
  /** Tells who is here now. */
  present(roster: Roster): void;
  /** Resolves when all has been told. */
  close(): Promise<void>;
}

/** The hub of a server that is alone. */
export const ALONE: Hub = {
  name: "",
  ready: Promise.resolve(),
  start() {},
  tell() {},
  present() {},
  close: () => Promise.resolve(),
};
