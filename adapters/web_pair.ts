/**
 * A pair of Web Streams as the driver wants it.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import { bytesOf } from "../core/terminator.ts";
import { encode } from "../core/text.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { type ByteReader, ignore, readInto, streamTransport } from "./stream_transport.ts";
import { chatErrorOf, toChatError } from "./system_errors.ts";

/** A `ReadableStream` of bytes, as far as it is needed here. */
export interface WebReadable {
  /** Whether somebody else reads it. */
  readonly locked: boolean;
  /** Locks it, and hands out its reader. */
  getReader(): WebReader;
}

/** A `ReadableStreamDefaultReader`, as far as it is needed here. */
export interface WebReader {
  /** Resolves with the next piece: bytes, or text, which stands for its UTF-8. */
  read(): Promise<{
    /** Whether the stream has ended. */
    done: boolean;
    /** The piece, unless it has. */
    value?: unknown;
  }>;
  /** Told once, when the stream will not be read to its end. */
  cancel(reason?: unknown): Promise<unknown>;
}

/** A `WritableStream` of bytes, as far as it is needed here. */
export interface WebWritable {
  /** Whether somebody else writes to it. */
  readonly locked: boolean;
  /** Locks it, and hands out its writer. */
  getWriter(): WebWriter;
}

/** A `WritableStreamDefaultWriter`, as far as it is needed here. */
export interface WebWriter {
  /** Settles when it is closed, or has failed. */
  readonly closed: Promise<unknown>;
  /** Resolves when the stream has done with the bytes. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
  /** Ends the stream behind the last write. */
  close(): Promise<unknown>;
  /** Ends the stream with an error, whatever is under way. */
  abort(reason?: unknown): Promise<unknown>;
}

/** A byte stream in both directions. What a socket has besides is used where it is there. */
export interface WebPair {
  /** What comes. Its end is the peer's FIN. */
  readonly readable: WebReadable;
  /** What goes. Closing it is our FIN. */
  readonly writable: WebWritable;
  /** Rejects when the connection has failed, also while nobody reads or writes. */
  readonly closed?: PromiseLike<unknown>;
  /** Gives the whole back: called when both streams have ended. */
  close?(): unknown;
  /** Cuts the whole: called instead of {@linkcode close} when they have not. */
  abort?(reason: unknown): unknown;
}

/**
 * Looks at a pair before anything is locked, and before a conversation is used up.
 *
 * @throws {TypeError} when one of the two is no stream, or is locked.
 */
export function checkPair({ readable, writable }: WebPair): void {
  if (typeof readable?.getReader !== "function" || typeof writable?.getWriter !== "function") {
    throw new TypeError(
      "a pair has a readable and a writable, which are Web Streams; of Node's own streams make " +
        "some with toWeb()",
    );
  }
  for (const [name, { locked }] of Object.entries({ readable, writable })) {
    if (!locked) continue;
    throw new TypeError(
      `the ${name} of this pair is locked: somebody has it already; release that lock first`,
    );
  }
}

/** Makes the transport of a pair that has been checked, and locks it. */
export function transportOf(
  pair: WebPair,
  peer: string,
  bufferSize: number,
  events: TransportEvents,
): Transport {
  const { reader, read } = readerOf(pair.readable, bufferSize);
  const writer = pair.writable.getWriter();
  // Whoever reads or writes is told as well.
  writer.closed.catch(ignore);
  let isAtEnd = false;
  return streamTransport({ peer, local: undefined, canReset: true }, {
    async read() {
      const bytes = await read();
      isAtEnd = bytes === null;
      return bytes;
    },
    explain: (error) => explain(error, peer),
    write: (bytes) => writer.write(bytes.slice()),
    end: () => writer.close(),
    async shut(reset, ended) {
      if (isAtEnd && ended !== undefined && !reset) {
        await ended;
        await pair.close?.();
        return;
      }
      const cut = new ChatError("reset", "the other side cut the conversation before its end");
      // None of these is waited for: a stream that hangs may be why it is cut.
      if (reset || ended === undefined) void writer.abort(cut).catch(ignore);
      void reader.cancel(cut).catch(ignore);
      await (pair.abort === undefined ? pair.close?.() : pair.abort(cut));
    },
    closed: pair.closed,
  }, events);
}

/** Lends its own memory to a stream that takes it. */
function readerOf(
  readable: WebReadable,
  bufferSize: number,
): { reader: Pick<WebReader, "cancel">; read: () => Promise<Uint8Array | null> } {
  const bytes = readable as unknown as {
    getReader(options: { mode: "byob" }): ByteReader & WebReader;
  };
  try {
    const reader = bytes.getReader({ mode: "byob" });
    return { reader, read: readInto(reader, bufferSize) };
  } catch {
    // It is no stream of bytes, but one of chunks.
    const reader = readable.getReader();
    const read = async () => {
      const { done, value } = await reader.read();
      return done ? null : bytesIn(value);
    };
    return { reader, read };
  }
}

/** The bytes of a chunk: text stands for its UTF-8, as when it is written. */
export function bytesIn(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return bytesOf(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (typeof chunk === "string") return encode(chunk);
  throw new TypeError(`a stream of bytes gave ${typeof chunk}; decode it before`);
}

/** What a stream says that was cut, and not ended, in those of its runtimes' words that are known. */
const CUT = ["AbortError", "NetworkError", "WebTransportError"];

function explain(error: unknown, peer: string): ChatError {
  // The other side is a conversation in the same process, or this one is spoken over another.
  if (error instanceof ChatError) return error;
  if (error === undefined) return chatErrorOf("reset", "the stream was aborted", peer);
  const name = (error as { name?: unknown } | null)?.name;
  return CUT.includes(name as string)
    ? chatErrorOf("reset", error, peer)
    : toChatError(error, peer);
}
