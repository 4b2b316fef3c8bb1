/**
 * Bounds on memory and on patience.
 *
 * @module
 */

import { LimitError } from "./errors.ts";

/**
 * Bounds on memory and on patience. Those on memory, and `closeTimeout`, are on by default;
 * `Infinity` turns one off.
 */
export interface Limits {
  /** Longest payload of a frame, in bytes; 1 MiB. A count beyond it is refused when it is set. */
  readonly maxFrameLength?: number;
  /**
   * What to do about a longer frame: `"close"` tells the error once and closes; `"skip"` tells the
   * error once, drops the frame and goes on behind its delimiter.
   */
  readonly overlong?: "close" | "skip";
  /** Queued output, in bytes, from which on `push` answers `false`; 64 KiB. */
  readonly highWaterMark?: number;
  /** Queued output, in bytes, down from which the queue counts as drained; 32 KiB. */
  readonly lowWaterMark?: number;
  /** Queued output, in bytes, beyond which `push` throws; 16 MiB. */
  readonly maxQueued?: number;
  /** How long a close may make no progress, in milliseconds, before it is cut short; 30,000. */
  readonly closeTimeout?: number;
  /**
   * How long no byte may come or go, in milliseconds, before `handleTimeout` is called; off. While a
   * hook's promise is pending the connection is cut instead: who waits can be waited for no longer.
   * A handshake in the middle has a timeout of its own, and is not counted.
   */
  readonly idleTimeout?: number;
  /**
   * How long a frame may take from its first byte to its end, in milliseconds, however its bytes
   * drip in; off. Time in which we do not read is not counted, and raw input has no frames.
   */
  readonly frameTimeout?: number;
}

/** The limits in force when none are given. */
export const DEFAULT_LIMITS: Required<Limits> = {
  maxFrameLength: 1024 * 1024,
  overlong: "close",
  highWaterMark: 64 * 1024,
  lowWaterMark: 32 * 1024,
  maxQueued: 16 * 1024 * 1024,
  closeTimeout: 30_000,
  idleTimeout: Infinity,
  frameTimeout: Infinity,
};

/**
 * The limits in force: the defaults where `limits` says nothing.
 *
 * @throws {RangeError} for a limit that is no positive number, or a low-water mark above the high.
 */
export function completeLimits(given: Limits): Required<Limits> {
  const complete: Record<string, unknown> = {};
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const { [name]: value = DEFAULT_LIMITS[name] } = given;
    complete[name] = value;
    if (name === "overlong" || (typeof value === "number" && value > 0)) continue;
    throw new RangeError(`${name} must be a positive number or Infinity; got ${String(value)}`);
  }
  const limits = complete as unknown as Required<Limits>;
  if (limits.overlong !== "close" && limits.overlong !== "skip") {
    throw new RangeError(`overlong must be "close" or "skip"; got ${String(limits.overlong)}`);
  }
  if (limits.lowWaterMark > limits.highWaterMark) {
    throw new RangeError(
      `lowWaterMark (${limits.lowWaterMark}) must not be above highWaterMark ` +
        `(${limits.highWaterMark})`,
    );
  }
  return limits;
}

/** The error for a frame that is longer than the limit. */
export function overlongFrame({ maxFrameLength }: Required<Limits>): LimitError {
  return new LimitError(
    `a frame is longer than ${maxFrameLength} bytes; raise maxFrameLength if the peer is right`,
    maxFrameLength,
    maxFrameLength + 1,
  );
}

/** The error for a count that is above the limit. */
export function overlongCount(bytes: number, { maxFrameLength }: Required<Limits>): LimitError {
  return new LimitError(
    `a frame of ${bytes} bytes is above the limit of ${maxFrameLength}; raise maxFrameLength, or ` +
      "take the payload in pieces with a smaller count",
    maxFrameLength,
    bytes,
  );
}

/** The error for output that the queue has no room for. */
export function fullQueue(
  queued: number,
  bytes: number,
  { maxQueued }: Required<Limits>,
): LimitError {
  return new LimitError(
    `${queued} bytes are queued and the peer does not read; ${bytes} more would pass the limit of ` +
      `${maxQueued}: wait for drained() when push() answers false, or raise maxQueued`,
    maxQueued,
    queued,
  );
}
