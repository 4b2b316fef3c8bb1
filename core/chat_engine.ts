/**
 * The conversation under the async face: hooks that pass everything on, and store nothing.
 *
 * @module
 */

import { AsyncChat } from "./async_chat.ts";
import type { AbortOptions, HookResult } from "./async_chat_options.ts";
import type { Attachment } from "./attachment.ts";
import { Inbox } from "./chat_inbox.ts";
import type { ChatOptions } from "./chat_options.ts";
import { Reader } from "./chat_reader.ts";
import type { CloseReport } from "./close_report.ts";
import { concat } from "./bytes.ts";
import { ChatError } from "./errors.ts";
import type { Detached } from "./handover.ts";
import type { StartTlsOptions, TlsInfo } from "./tls.ts";
import { about } from "./wording.ts";

/**
 * An `AsyncChat` that hands its input to whoever reads.
 *
 * The hook for input answers with a promise while the chunk has not been read to its end. So the
 * chunk stays the session's, the next is not asked for, and the peer stalls (law 5). When the
 * connection is gone there is nobody to stall: what is left is kept, for reads that come later.
 */
export class Engine extends AsyncChat {
  /** What has come and has not been read. */
  readonly inbox: Inbox = new Inbox();
  /** Who waits for it. */
  readonly reader: Reader = new Reader();
  /** Called when the connection stands. */
  onconnect: () => void = () => {};
  #onDemand = false;

  /** Prepares a conversation. */
  constructor(options: ChatOptions) {
    super(options);
    this.inbox.onchange = () => this.reader.changed();
    this.inbox.peerOf = this.reader.peerOf = () => this.peer;
  }

  override handleConnect(): void {
    this.onconnect();
  }

  override collectIncomingData(data: Uint8Array): HookResult {
    return this.inbox.offer(data);
  }

  /** Whether to close is the reader's decision. */
  override handleEnd(): void {
    this.inbox.finish(null);
  }

  /** The read that waits, or the next one, rejects with it. */
  override handleError(error: ChatError): void {
    this.inbox.finish(error);
  }

  /** Only a producer can get here, and its own write has been rejected with it. */
  override handleException(error: unknown): void {
    this.abort(error);
  }

  override handleClose({ error }: CloseReport): void {
    this.inbox.finish(error === undefined ? over(this.peer) : asChatError(error));
  }

  override closeWhenDone(): void {
    super.closeWhenDone();
    this.inbox.stop(over(this.peer));
  }

  override close(): void {
    super.close();
    this.inbox.stop(over(this.peer));
  }

  override abort(reason?: unknown, options?: AbortOptions): void {
    super.abort(reason, options);
    this.inbox.stop(asChatError(reason));
  }

  override dispatch(): void {
    super.dispatch();
    if (this.#onDemand && this.tls !== undefined) this.#readAlways();
    if (!this.session.isOver) return;
    this.inbox.keep();
    this.#readAlways();
  }

  /**
   * Asks the peer for bytes only while somebody reads: when TLS begins, no read of the socket may
   * be under way, as nobody could say which side of the handshake its answer belongs to.
   */
  readOnDemand(): void {
    this.#onDemand = true;
    this.session.pause();
    this.reader.onwaiting = (waiting) => waiting ? this.session.resume() : this.session.pause();
  }

  override startTls(options?: StartTlsOptions): Promise<TlsInfo> {
    if (this.reader.isWaiting) return Promise.reject(readUnderWay("startTls"));
    return super.startTls(options);
  }

  override detach(): Promise<Detached> {
    if (this.reader.isWaiting) return Promise.reject(readUnderWay("detach"));
    return super.detach();
  }

  override get hasUnread(): boolean {
    return this.inbox.length > 0;
  }

  override takeInput(): Uint8Array {
    return concat([this.inbox.takeAll(), super.takeInput()]);
  }

  #readAlways(): void {
    this.#onDemand = false;
    this.reader.onwaiting = () => {};
    if (this.session.isPaused) this.session.resume();
  }

  override attach(attachment: Attachment): void {
    super.attach(attachment);
    this.reader.attached(attachment.after && ((time, act) => attachment.after!(time, act)));
  }
}

function readUnderWay(call: string): TypeError {
  return new TypeError(`a read is under way: await it, or cancel it, before ${call}()`);
}

function over(peer: string | undefined): ChatError {
  const what = "the conversation is over: nothing can be read any more";
  return new ChatError("closed", about(peer, what));
}

function asChatError(reason: unknown): ChatError {
  if (reason instanceof ChatError) return reason;
  const why = reason === undefined ? "" : `: ${String(reason)}`;
  return new ChatError("aborted", `the conversation was aborted${why}`, { cause: reason });
}
