/**
 * Writes that can be awaited, and what they say when they cannot be kept.
 *
 * @module
 */

import type { AsyncChat } from "./async_chat.ts";
import { ChatError, type ErrorKind } from "./errors.ts";
import type { CloseReport } from "./close_report.ts";
import { isEmpty, type Piece, pieceBytes, type ProducerLike, toProducer } from "./producer.ts";
import { isPromiseLike } from "./promise_like.ts";
import { byteCount } from "./wording.ts";

/**
 * A write cannot be kept: the conversation ended before it had gone out.
 *
 * Its kind is that of what ended it, `"reset"` for instance, or `"closed"` when that was in order.
 *
 * @example
 * ```ts
 * import { Chat, UnsentError } from "asynchat";
 * import { ManualPeer } from "asynchat/testing";
 *
 * const chat = new Chat();
 * const peer = new ManualPeer(chat.asyncChat);
 * peer.room = 0;
 * const writing = chat.write("x".repeat(100_000));
 * peer.fail();
 * const error = await writing.catch((error) => error);
 * if (!(error instanceof UnsentError)) throw new Error("unreachable");
 * if (error.kind !== "reset" || error.bytesUnsent !== 100_000) throw error;
 * ```
 */
export class UnsentError extends ChatError {
  /** Output of the conversation, in bytes, that was never handed to the system, this write included. */
  readonly bytesUnsent: number;

  /** Makes the error for a conversation that ended as `report` says, `bytesUnsent` too early. */
  constructor(peer: string | undefined, report: CloseReport, bytesUnsent: number) {
    const { error, reason } = report;
    const how = error === undefined ? `it is over (${reason})` : error.message;
    super(
      kindOf(report),
      `${byteCount(bytesUnsent)} not sent to ${peer ?? "the peer"}: ${how}`,
      { cause: error },
    );
    this.name = "UnsentError";
    this.bytesUnsent = bytesUnsent;
  }
}

/** Queues a piece, and waits while the queue is above its high-water mark. */
export async function write(chat: AsyncChat, piece: Piece): Promise<void> {
  let goOn: boolean;
  try {
    goOn = chat.push(piece);
  } catch (error) {
    // Our side alone may have ended: then nothing has been lost, and this was a mistake.
    if (!isClosed(error) || !chat.session.isOver) throw error;
    throw await unsent(chat, pieceBytes(piece).length);
  }
  if (goOn) return;
  try {
    await chat.drained();
  } catch {
    throw await unsent(chat, 0);
  }
}

/** Queues a producer, and waits until it has come to its end and all it said has gone out. */
export async function writeAll(chat: AsyncChat, pieces: ProducerLike): Promise<void> {
  if (typeof pieces === "string" || ArrayBuffer.isView(pieces)) return writeAll(chat, [pieces]);
  if (chat.session.isOver) throw await unsent(chat, 0);
  if (!chat.session.canPush) {
    throw new ChatError("closed", "our side has ended: nothing can be written after end()");
  }
  const { next, cancel } = toProducer(pieces);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: unknown): never => {
      reject(error);
      throw error;
    };
    const told = <T>(produced: T): T => {
      if (produced === null || produced === undefined || isEmpty(produced)) resolve();
      return produced;
    };
    chat.pushWithProducer({
      more() {
        try {
          const produced = next();
          return isPromiseLike(produced) ? produced.then(told, failed) : told(produced);
        } catch (error) {
          return failed(error);
        }
      },
      cancel(reason) {
        void unsent(chat, 0).then(reject);
        return cancel(reason);
      },
    });
  });
}

async function unsent(chat: AsyncChat, refused: number): Promise<UnsentError> {
  const report = await chat.closed;
  return new UnsentError(chat.peer, report, report.bytesUnsent + refused);
}

function kindOf({ error, reason }: CloseReport): ErrorKind {
  if (error instanceof ChatError) return error.kind;
  return reason === "aborted" ? "aborted" : "closed";
}

function isClosed(error: unknown): boolean {
  return error instanceof ChatError && error.kind === "closed";
}
