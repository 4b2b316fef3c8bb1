/**
 * What can be sent: bytes and text, and whoever produces them piece by piece.
 *
 * @module
 */

import { bytesOf } from "./terminator.ts";
import { encode } from "./text.ts";
import { quoted } from "./wording.ts";

/** A piece of output: text (sent as UTF-8) or bytes. */
export type Piece = string | ArrayBufferView;

/**
 * What a producer says when it has nothing *yet*.
 *
 * It is asked again after `resumeProducers()`, or after the next `push`.
 */
export const NOT_YET: unique symbol = Symbol("asynchat.NOT_YET");

/** One answer of a producer: a piece, "nothing yet", or the end (`null`, `undefined` or empty). */
export type Produced = Piece | typeof NOT_YET | null | undefined;

/**
 * An object that is asked for one piece after the other, as in Python's asynchat.
 *
 * It is asked only when everything before it went out. A promise holds back what follows in the
 * queue, never the input.
 */
export interface MoreProducer {
  /** The next piece; `null`, `undefined` or an empty one ends the producer. */
  more(): Produced | PromiseLike<Produced>;
  /**
   * Told once, when the producer will not be asked to its end, also because it failed; `reason` says
   * why.
   */
  cancel?(reason: unknown): unknown;
}

/** As much of a Web `ReadableStream` as is needed, so that the core names no runtime type. */
export interface ReadableStreamLike {
  /** Locks the stream and hands out its reader. */
  getReader(): {
    /** Resolves with the next piece. */
    read(): Promise<{
      /** Whether the stream has ended. */
      done: boolean;
      /** The piece, unless it has: text or bytes, which are sent as they are. */
      value?: unknown;
    }>;
    /** Told once, when the stream will not be read to its end. */
    cancel(reason?: unknown): Promise<unknown>;
  };
}

/** Everything that `pushWithProducer` accepts. */
export type ProducerLike =
  | Piece
  | MoreProducer
  | Iterable<Piece>
  | AsyncIterable<Piece>
  | ReadableStreamLike;

/** A producer of any origin, in the one form that the queue knows. */
export interface Producer {
  /** The next piece, `null` at the end. */
  next(): Produced | PromiseLike<Produced>;
  /** Told once, when nobody will ask again before the end. */
  cancel(reason: unknown): unknown;
}

/**
 * The bytes of a piece: text is encoded, views keep their memory.
 *
 * @throws {TypeError} for anything else.
 */
export function pieceBytes(piece: Piece): Uint8Array {
  if (typeof piece === "string") return encode(piece);
  if (piece instanceof Uint8Array) return piece;
  if (ArrayBuffer.isView(piece)) return bytesOf(piece);
  throw new TypeError(`only text and byte views can be sent; got ${quoted(piece)}`);
}

/**
 * Recognises a producer.
 *
 * An iterator ends when it is done and may yield empty pieces; `more()` ends with an empty one.
 *
 * @throws {TypeError} when `producer` is none.
 */
export function toProducer(producer: Exclude<ProducerLike, Piece>): Producer {
  if (typeof producer === "object" && producer !== null) {
    if ("more" in producer && typeof producer.more === "function") return fromMore(producer);
    if ("getReader" in producer && typeof producer.getReader === "function") {
      return fromStream(producer);
    }
    if (Symbol.asyncIterator in producer) return fromAsyncIterable(producer);
    if (Symbol.iterator in producer) return fromIterable(producer);
  }
  throw new TypeError(
    "a producer is bytes, text, an iterable or async iterable of these, a ReadableStream, or an " +
      `object with more(); got ${quoted(producer)}`,
  );
}

function fromMore(producer: MoreProducer): Producer {
  return {
    next: () => producer.more(),
    cancel: (reason) => producer.cancel?.(reason),
  };
}

function fromIterable(iterable: Iterable<Piece>): Producer {
  const iterator = iterable[Symbol.iterator]();
  return {
    next() {
      for (;;) {
        const { done, value } = iterator.next();
        if (done) return null;
        if (!isEmpty(value)) return value;
      }
    },
    cancel: () => iterator.return?.(),
  };
}

function fromAsyncIterable(iterable: AsyncIterable<Piece>): Producer {
  const iterator = iterable[Symbol.asyncIterator]();
  return fromAsync(() => iterator.next(), () => iterator.return?.());
}

function fromStream(stream: ReadableStreamLike): Producer {
  const reader = stream.getReader();
  return fromAsync(
    () => reader.read(),
    // A stream that has failed says once more with what.
    (reason) => reader.cancel(reason).catch((error) => error === reason || Promise.reject(error)),
  );
}

function fromAsync(
  ask: () => Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>,
  cancel: Producer["cancel"],
): Producer {
  return {
    async next() {
      for (;;) {
        const { done, value } = await ask();
        if (done) return null;
        if (!isEmpty(value)) return value as Piece;
      }
    },
    cancel,
  };
}

/**
 * Whether an iterator has yielded a piece of no bytes.
 *
 * @throws {TypeError} for nothing in place of a piece, which is no end: what follows would be lost.
 */
export function isEmpty(piece: unknown): boolean {
  if (piece === null || piece === undefined) {
    throw new TypeError(`a producer yields text and byte views; got ${piece}`);
  }
  return piece === "" || (ArrayBuffer.isView(piece) && piece.byteLength === 0);
}
