/**
 * What a session tells.
 *
 * @module
 */

import type { CloseReport } from "./close_report.ts";
import type { ChatError } from "./errors.ts";

/**
 * Where a session tells what happened. Every method but the last answers whether to go on; `false`
 * stops the telling until the next `dispatch`. None may throw: a session would tell the same again.
 */
export interface SessionHandler {
  /** The connection stands. Told first. */
  connected(): boolean;
  /** Payload of the frame under way: `source[start, end)`, never empty, borrowed. */
  data(source: Uint8Array, start: number, end: number): boolean;
  /** The frame is complete. */
  found(): boolean;
  /** The queue fell to the low-water mark after `push` had answered `false`, and may be filled. */
  drained(): boolean;
  /** No byte came or went for `idleTimeout`. Told again after as long again. */
  timedOut(error: ChatError): boolean;
  /** The peer sent its FIN; everything before it has been told. */
  ended(): boolean;
  /** Your own code failed: a producer threw or rejected. The session is closing. */
  thrown(error: unknown): boolean;
  /** The connection or the protocol failed. A reset is not told here, but by `closed`. */
  failed(error: ChatError): boolean;
  /** It is over. Told exactly once, last. */
  closed(report: CloseReport): void;
}

/** One event, as `Session.nextEvent` hands it out. */
export type SessionEvent =
  | {
    /** It stands; the frame is complete; there is room again; the peer sent its FIN. */
    readonly type: "connected" | "found" | "drained" | "ended";
  }
  | {
    /** Payload of the frame under way. */
    readonly type: "data";
    /** A view, never empty; borrowed for as long as the chunk is that was received. */
    readonly data: Uint8Array;
  }
  | {
    /** Your own code failed. */
    readonly type: "thrown";
    /** What a producer threw, or rejected with. */
    readonly error: unknown;
  }
  | {
    /** Nothing moved for `idleTimeout`; the connection or the protocol failed. */
    readonly type: "timedOut" | "failed";
    /** What went wrong. */
    readonly error: ChatError;
  }
  | {
    /** It is over: the last event. */
    readonly type: "closed";
    /** How it ended. */
    readonly report: CloseReport;
  };

/** Nothing to tell until there is new input. */
export const NEED_DATA: unique symbol = Symbol("asynchat.NEED_DATA");
/** There is something to tell, but the session is paused, or held by a hook that is not done. */
export const PAUSED: unique symbol = Symbol("asynchat.PAUSED");

/** A handler that keeps one event and stops there. */
export function keeper(keep: (event: SessionEvent) => void): SessionHandler {
  const stop = (event: SessionEvent) => {
    keep(event);
    return false;
  };
  return {
    connected: () => stop({ type: "connected" }),
    data: (source, start, end) => stop({ type: "data", data: source.subarray(start, end) }),
    found: () => stop({ type: "found" }),
    drained: () => stop({ type: "drained" }),
    timedOut: (error) => stop({ type: "timedOut", error }),
    ended: () => stop({ type: "ended" }),
    thrown: (error) => stop({ type: "thrown", error }),
    failed: (error) => stop({ type: "failed", error }),
    closed: (report) => keep({ type: "closed", report }),
  };
}
