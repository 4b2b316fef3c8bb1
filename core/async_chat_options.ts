/**
 * What the callback face is made with, and what it calls.
 *
 * @module
 */

import type { CloseReport } from "./close_report.ts";
import type { ChatError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { Inspector } from "./stats.ts";
import type { Terminator } from "./terminator.ts";

/** What a hook returns. A promise holds back the next hook and, past the chunk in hand, reading. */
export type HookResult = void | PromiseLike<void>;

/**
 * The hooks of a conversation: override them in a subclass, or hand them over in a plain object.
 *
 * They are called one after the other, never at the same time, and never from inside a call of
 * yours. Every command may be given from inside any of them.
 */
export interface AsyncChatHooks {
  /** The connection stands. */
  handleConnect: () => HookResult;
  /**
   * A piece of the frame under way, never empty. `data` is borrowed: it is yours until the hook
   * returns, or its promise settles. By default the pieces are gathered for `getData()`.
   */
  collectIncomingData: (data: Uint8Array) => HookResult;
  /** The frame is complete. */
  foundTerminator: () => HookResult;
  /**
   * The queue is down at the low-water mark, after `push` had answered `false`. Not called once our
   * side is ending, when nothing may be pushed any more; `drained()` resolves then
   * as well.
   */
  handleDrain: () => HookResult;
  /**
   * No byte came or went for `idleTimeout`; called again after as long again. Default: aborts with
   * `error`, of kind `"timeout"`. Push something instead to keep the connection.
   */
  handleTimeout: (error: ChatError) => HookResult;
  /** The peer sent its FIN, and everything before it has been told. Default: `closeWhenDone()`. */
  handleEnd: () => HookResult;
  /**
   * The connection or the protocol failed: not refused and not reset, which `connect` and
   * `handleClose` tell. Default: reported. For a frame that was too long (kind `"limit"`) or too
   * slow (kind `"timeout"`) an answer may still be pushed.
   */
  handleError: (error: ChatError) => HookResult;
  /**
   * Your own hook or producer threw, or rejected. Default: reported, and this connection, no other,
   * is aborted. Override it to keep the connection open; what came with the exception is delivered.
   * What the connection failed with, or that it is over, such as `drained()` rejects with, is not
   * reported: other hooks are told.
   */
  handleException: (error: unknown) => HookResult;
  /** It is over. Called exactly once, last. */
  handleClose: (report: CloseReport) => HookResult;
}

/** Everything an {@linkcode AsyncChat} can be made with. */
export interface AsyncChatOptions extends Limits, Partial<AsyncChatHooks> {
  /** What ends a frame; input is raw until one is set. */
  readonly terminator?: Terminator;
  /** Looks on, for logs and metrics; sizes and states, never payload. */
  readonly inspect?: Inspector;
}

/** How to abort. */
export interface AbortOptions {
  /** The peer shall see a reset instead of a FIN; see the adapter's `capabilities.reset`. */
  readonly reset?: boolean;
}
