/**
 * What the async face is told.
 *
 * @module
 */

import type { Limits } from "./limits.ts";
import type { Delimiting } from "./terminator.ts";

/** As much of a Web `AbortSignal` as is needed, so that no runtime type is named. */
export interface AbortSignalLike {
  /** Whether it has been given. */
  readonly aborted: boolean;
  /** Why. */
  readonly reason: unknown;
  /** Listens. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Listens no more. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What ends a frame that is read: a delimiter, any of several, or a number of bytes. */
export type FrameEnd = Delimiting | number | readonly Delimiting[];

/**
 * Bounds on memory and on patience, as for the callback face. `maxFrameLength` bounds the reads
 * that have no `max` of their own. An over-long frame rejects the read, so there is no `overlong`;
 * a read has a `timeout` of its own, so there is no `frameTimeout`.
 *
 * With `idleTimeout` a chunk that nobody reads for so long cuts the connection as well.
 */
export type ChatOptions = Omit<Limits, "overlong" | "frameTimeout">;

/** How long a read may take. Giving it up takes no byte: the next read starts where it did. */
export interface ReadOptions {
  /** Gives the read up when it is given; it then rejects with kind `"aborted"`. */
  readonly signal?: AbortSignalLike;
  /** Milliseconds after which it rejects with kind `"timeout"`; no limit by default. */
  readonly timeout?: number;
}

/** How long `read()` may take, and how much it may bring. */
export interface PieceOptions extends ReadOptions {
  /** Most bytes that it takes, at least 1; whatever has come, by default. The rest stays. */
  readonly max?: number;
}

/** How long a read may take, and how much it may bring. */
export interface FrameOptions extends ReadOptions {
  /** Longest payload, in bytes; `maxFrameLength` by default, which is 1 MiB. */
  readonly max?: number;
}
