/**
 * What a session tells.
 *
 * @module
 */

import type { CloseReport } from "./close_report.ts";
import type { ChatError } from "./errors.ts";

/**
 * Where a session tells what happened. Every method but the last answers whether to go on; `false`
 * stops the telling until the next `dispatch`.
 */
export interface SessionHandler {
  /** The connection stands. Told first. */
  connected(): boolean;
  /** Payload of the frame under way: `source[start, end)`, never empty, borrowed. */
  data(source: Uint8Array, start: number, end: number): boolean;
  /** The frame is complete. */
  found(): boolean;
  /** The queue fell to the low-water mark after `push` had answered `false`. */
  drained(): boolean;
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
  | { readonly type: "connected" | "found" | "drained" | "ended" }
  | { readonly type: "data"; readonly data: Uint8Array }
  | { readonly type: "thrown"; readonly error: unknown }
  | { readonly type: "failed"; readonly error: ChatError }
  | { readonly type: "closed"; readonly report: CloseReport };

/** Nothing to tell until there is new input. */
export const NEED_DATA: unique symbol = Symbol("asynchat.NEED_DATA");
/** There is something to tell, but the session is paused, or held by a hook that is not done. */
export const PAUSED: unique symbol = Symbol("asynchat.PAUSED");
