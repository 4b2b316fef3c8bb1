/**
 * When patience ends, pure: three watches, and the times at which they run out.
 *
 * `(deadlines, what happened, now) → deadlines`, once a tick. Nothing here knows a clock: what
 * happened since the last tick counts as having happened now.
 *
 * @module
 */

import { ChatError } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Limits } from "./limits.ts";

/**
 * What is watched: a close that makes no progress, a connection on which nothing moves, a frame
 * that has begun and does not end.
 */
export type Watch = "close" | "idle" | "frame";

/** When each watch runs out, in milliseconds of the clock that ticks; `Infinity` for never. */
export interface Deadlines {
  readonly close: number;
  readonly idle: number;
  readonly frame: number;
  /** The frame that is watched; `undefined` for none. */
  readonly watched: number | undefined;
  /** What that frame has left when reading goes on, in milliseconds. */
  readonly left: number;
}

/** What has happened since the last tick, and what is so now. */
export interface Happened {
  /** We close when all is sent: that watch rules alone. */
  readonly closing: boolean;
  /** The close came nearer to its end. */
  readonly progressed: boolean;
  /** A byte came or went, or the connection began. */
  readonly moved: boolean;
  /** The number of the frame under way; `undefined` for none. */
  readonly frame: number | undefined;
  /** Input is wanted: what the peer does not send now is the peer's doing. */
  readonly reading: boolean;
}

/** Nothing is watched. */
export const NO_DEADLINES: Deadlines = {
  close: Infinity,
  idle: Infinity,
  frame: Infinity,
  watched: undefined,
  left: Infinity,
};

/** The deadlines at `now`. */
export function advance(
  before: Deadlines,
  happened: Happened,
  { closeTimeout, idleTimeout, frameTimeout }: Required<Limits>,
  now: number,
): Deadlines {
  if (happened.closing) {
    const begins = happened.progressed || before.close === Infinity;
    return { ...NO_DEADLINES, close: begins ? now + closeTimeout : before.close };
  }
  const idle = happened.moved || before.idle === Infinity ? now + idleTimeout : before.idle;
  const { frame: watched, reading } = happened;
  if (watched === undefined || frameTimeout === Infinity) return { ...NO_DEADLINES, idle };

  const isNew = watched !== before.watched;
  const runs = !isNew && before.frame !== Infinity;
  const left = isNew ? frameTimeout : runs ? before.frame - now : before.left;
  // While we do not read, the peer cannot end its frame: that time is not the peer's.
  const frame = !reading ? Infinity : runs ? before.frame : now + left;
  return { close: Infinity, idle, frame, watched, left };
}

/** The earliest deadline; `Infinity` for none. */
export function earliest({ close, idle, frame }: Deadlines): number {
  return Math.min(close, idle, frame);
}

/** The watch that has run out at `now`, and of several the one that leaves least to decide. */
export function passedAt({ close, idle, frame }: Deadlines, now: number): Watch | undefined {
  if (now >= close) return "close";
  if (now >= frame) return "frame";
  return now >= idle ? "idle" : undefined;
}

/** Whether any byte has come of a frame that is not complete. Raw input has no frames. */
export function isFrameUnderWay({ terminator, length, held, skipping, ended }: Input): boolean {
  return terminator.kind !== "raw" && !ended && (length > 0 || held > 0 || skipping);
}

/** The error for a watch that has run out. */
export function timeoutError(watch: Watch, limits: Required<Limits>): ChatError {
  return new ChatError("timeout", WORDS[watch](limits));
}

const WORDS: Readonly<Record<Watch, (limits: Required<Limits>) => string>> = {
  close: ({ closeTimeout }) =>
    `closing made no progress for ${closeTimeout} ms: the peer neither reads nor ends; raise ` +
    "closeTimeout if it needs longer",
  idle: ({ idleTimeout }) =>
    `no byte came or went for ${idleTimeout} ms; raise idleTimeout, or send something from ` +
    "handleTimeout() to keep the connection",
  frame: ({ frameTimeout }) =>
    `a frame was not complete ${frameTimeout} ms after its first byte; raise frameTimeout if the ` +
    "peer is right",
};
