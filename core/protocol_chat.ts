/**
 * A protocol over a conversation: one hook, called with each message.
 *
 * @module
 */

import { AsyncChat } from "./async_chat.ts";
import type { AsyncChatOptions, HookResult } from "./async_chat_options.ts";
import { ChatError } from "./errors.ts";
import type { Protocol } from "./protocol.ts";
import { isPromiseLike } from "./promise_like.ts";
import { ProtocolRun } from "./protocol_run.ts";
import type { Terminator } from "./terminator.ts";

/** What a {@linkcode ProtocolChat} can be made with: hooks and limits, but no framing. */
export interface ProtocolChatOptions<T>
  extends Omit<AsyncChatOptions, "terminator" | "collectIncomingData" | "foundTerminator"> {
  /** A message is complete. A promise holds back the next one, and the start of its generator. */
  handleMessage?(message: T): HookResult;
}

/**
 * A conversation that speaks a protocol: {@linkcode handleMessage} is called with each message.
 *
 * The terminators are the protocol's; leave `setTerminator` alone. What breaks the protocol, a
 * frame above its step's `max` or an end inside a message is told to `handleError`, which may push
 * an answer, and closes the conversation. The limit `maxFrameLength` is in force as well.
 *
 * @example
 * ```ts
 * import { ProtocolChat, until } from "asynchat";
 * import { ManualPeer } from "asynchat/testing";
 *
 * function* sum() {
 *   const [a, b] = [yield* until("+"), yield* until("=")];
 *   return Number(new TextDecoder().decode(a)) + Number(new TextDecoder().decode(b));
 * }
 *
 * const peer = new ManualPeer(
 *   new ProtocolChat(sum, {
 *     handleMessage(result) {
 *       this.push(`${result};`);
 *     },
 *   }),
 * );
 * peer.send("1+2=3");
 * peer.send("+4=");
 * if (peer.takeText() !== "3;7;") throw new Error("unreachable");
 * ```
 */
export class ProtocolChat<T> extends AsyncChat {
  readonly #run: ProtocolRun<T>;
  readonly #handleEnd: (() => HookResult) | undefined;
  #inForce: Terminator | undefined;

  /**
   * Prepares a conversation, and starts the protocol.
   *
   * @throws {RangeError | TypeError} for a limit that is none, and for what is no protocol.
   * @throws {ChatError} and whatever else the protocol throws before its first step.
   */
  constructor(
    protocol: Protocol<T>,
    options: ProtocolChatOptions<T> & ThisType<ProtocolChat<T>> = {},
  ) {
    // Ours have to run whatever the caller's do; the end is handed on.
    const ours = { value: undefined };
    super(Object.create(options, {
      terminator: ours,
      collectIncomingData: ours,
      foundTerminator: ours,
      handleEnd: ours,
    }));
    this.#handleEnd = options.handleEnd;
    if (options.handleMessage !== undefined) {
      Object.defineProperty(this, "handleMessage", { value: options.handleMessage });
    }
    this.#run = new ProtocolRun(protocol);
    this.#run.begin();
    this.#ask();
  }

  /**
   * A message is complete. Override it, or hand it over.
   *
   * @throws {Error} by default, as a message that nobody takes would be lost.
   */
  handleMessage(_message: T): HookResult {
    throw new Error(
      "a message is complete, and nobody wants it: override handleMessage() in your subclass of " +
        "ProtocolChat, or hand it over in the options",
    );
  }

  /** Gathers for the protocol: a copy of what is borrowed until the hook is done. */
  override collectIncomingData(data: Uint8Array): HookResult {
    this.#attempt(() => {
      this.#run.data(data, 0, data.length);
      return false;
    });
  }

  /** Gives the frame to the protocol. */
  override foundTerminator(): HookResult {
    const complete = this.#attempt(() => {
      if (this.#run.found()) return true;
      this.#ask();
      return false;
    });
    if (complete) return this.#tell(() => this.#begin());
  }

  /**
   * The peer sent its FIN. Call it in an override: it tells the message that the end completes, then
   * by default `closeWhenDone()`; or the error for one that it cuts, which closes as well.
   */
  override handleEnd(): HookResult {
    if (this.#attempt(() => this.#run.end())) return this.#tell(() => this.#ended());
    // An answer may still be pushed from handleError: our side must not end before.
    if (!this.#run.hasFailed) return this.#ended();
  }

  /** Whether a message has begun that is not complete, and may not be completed by somebody else. */
  override get hasUnread(): boolean {
    return this.#run.hasBegun;
  }

  /** Calls the hooks for everything there is to tell. */
  override dispatch(): void {
    super.dispatch();
    this.#run.settle();
  }

  #ended(): HookResult {
    return this.#handleEnd === undefined ? super.handleEnd() : this.#handleEnd();
  }

  #begin(): void {
    this.#attempt(() => {
      this.#run.begin();
      this.#ask();
      return false;
    });
  }

  /** Puts in force what the protocol waits for. */
  #ask(): void {
    const { terminator } = this.#run.step;
    if (typeof terminator !== "number" && terminator === this.#inForce) return;
    this.setTerminator(this.#inForce = terminator);
  }

  /** Tells the peer's mistakes from the protocol's own, which are exceptions of the hook. */
  #attempt(act: () => boolean): boolean {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.session.refuse(error);
      return false;
    }
  }

  /** Goes on after an exception as well: `handleException` may keep the conversation open. */
  #tell(next: () => HookResult): HookResult {
    let result: HookResult;
    try {
      result = this.handleMessage(this.#run.take());
    } catch (error) {
      return afterwards(next(), () => {
        throw error;
      });
    }
    return afterwards(result, next);
  }
}

function afterwards(result: HookResult, next: () => HookResult): HookResult {
  return isPromiseLike(result) ? settle(result, next) : next();
}

async function settle(result: PromiseLike<void>, next: () => HookResult): Promise<void> {
  try {
    await result;
  } finally {
    await next();
  }
}
