/**
 * What a session counts, and what it shows to whoever looks on: numbers and states, no payload.
 *
 * @module
 */

/** A session in numbers, as they were when you asked. */
export interface SessionStats {
  /** Bytes that came, told or not. */
  readonly bytesReceived: number;
  /** Chunks in which they came. */
  readonly chunksReceived: number;
  /** Frames that were complete. */
  readonly framesReceived: number;
  /** Frames that were longer than `maxFrameLength`. */
  readonly framesOverlong: number;
  /** Bytes that the system took. */
  readonly bytesSent: number;
  /** Writes with which it took them. */
  readonly writes: number;
  /** Bytes that are queued now. */
  readonly bytesQueued: number;
  /** How often the queue reached the high-water mark; it counts again once it has drained. */
  readonly highWaterEvents: number;
  /** How often `pause()` stopped the input. */
  readonly pauses: number;
  /** How often a hook returned a promise, and so held back the next one. */
  readonly holds: number;
  /** When the connection stood, in milliseconds of the clock that ticks; `undefined` if unknown. */
  readonly connectedAt: number | undefined;
  /**
   * When a byte last came or went, on the same clock; `undefined` if unknown: the clock is looked at
   * only while a timeout is set.
   */
  readonly lastActivity: number | undefined;
}

/** The part of {@linkcode SessionStats} that is counted up; the session's own, and mutable. */
export type Counters = {
  -readonly [Name in Exclude<keyof SessionStats, "bytesQueued" | "connectedAt" | "lastActivity">]:
    number;
};

/** Counters before anything has happened. */
export function zeroCounters(): Counters {
  return {
    bytesReceived: 0,
    chunksReceived: 0,
    framesReceived: 0,
    framesOverlong: 0,
    bytesSent: 0,
    writes: 0,
    highWaterEvents: 0,
    pauses: 0,
    holds: 0,
  };
}

/**
 * What an inspector is told of.
 *
 * | type | what happened |
 * | --- | --- |
 * | `connected` | the connection stands |
 * | `received`, `sent`, `queued` | so many `bytes` came, were taken by the system, were pushed |
 * | `frame`, `overlong` | a frame was complete, or longer than the limit |
 * | `terminator` | another terminator is in force |
 * | `full`, `drained` | the queue reached the high-water mark, fell to the low one |
 * | `paused`, `resumed` | your `pause()` and `resume()` |
 * | `held`, `released` | a hook returned a promise, which has settled |
 * | `peer-ended`, `ended` | the peer's FIN came, ours was sent |
 * | `handover`, `handed-over` | TLS, or somebody else, is about to have the connection; TLS has it |
 * | `timeout` | a deadline passed |
 * | `over`, `closed` | nothing goes in or out any more; the socket is gone |
 */
export type InspectType =
  | "connected"
  | "received"
  | "sent"
  | "queued"
  | "frame"
  | "overlong"
  | "terminator"
  | "full"
  | "drained"
  | "paused"
  | "resumed"
  | "held"
  | "released"
  | "peer-ended"
  | "ended"
  | "handover"
  | "handed-over"
  | "timeout"
  | "over"
  | "closed";

/** One thing that happened in a session, and the state that it left. Sizes and states, no payload. */
export interface InspectEvent {
  /** What happened. */
  readonly type: InspectType;
  /** Bytes that it was about; 0 where none were. */
  readonly bytes: number;
  /** How far the connection is. */
  readonly phase: "connecting" | "open" | "over" | "closed";
  /** What ends the frame under way. */
  readonly terminator: "delimiter" | "any-of" | "count" | "raw";
  /** Frames that have been complete so far. */
  readonly framesReceived: number;
  /** Bytes that are queued. */
  readonly bytesQueued: number;
  /** Whether your `pause()` is in force. */
  readonly isPaused: boolean;
  /** Whether a hook's promise is pending. */
  readonly isHeld: boolean;
}

/**
 * Looks on. Called in the middle of things: it may keep and count what it is told, and must not
 * give commands. What it throws is reported, and changes nothing.
 */
export type Inspector = (event: InspectEvent) => void;
