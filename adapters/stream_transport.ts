/**
 * A transport of something that is read by asking, and written by promises: a pair of streams, or
 * what can be made to look like one.
 *
 * @module
 */

import type { Transport, TransportEvents } from "../core/transport.ts";
import { Pulling, type Source } from "./pulling.ts";
import { ReadBuffer } from "./read_buffer.ts";

/** Both ends of it, as far as a transport needs them. */
export interface Ends extends Source {
  /** Resolves when the bytes have been taken, and there is room for more. Rejects when it failed. */
  write(bytes: Uint8Array): Promise<unknown>;
  /** Ends the output. Called once, behind the last {@linkcode write}. Rejects when it failed. */
  end(): Promise<unknown>;
  /**
   * Gives everything back. Called once.
   *
   * @param reset whether the peer shall see that it was cut
   * @param ended what {@linkcode end} has answered, when it was called; it never rejects
   * @returns a promise for when it is gone; how it settles does not matter
   */
  shut(reset: boolean, ended: Promise<unknown> | undefined): Promise<unknown>;
  /** Rejects when the whole has failed, where there is somebody who tells. */
  readonly closed?: PromiseLike<unknown> | undefined;
}

/** Every write is awaited: this bounds what a stream holds meanwhile, in bytes. */
const LARGEST_WRITE = 64 * 1024;

/** What is told of it. */
type About = Pick<Transport, "peer" | "local" | "canReset" | "tls">;

/** A transport that says whether a read is under way. */
export interface StreamTransport extends Transport {
  /** Whether one is, whose answer cannot be called off. */
  readonly isReading: boolean;
}

/** Makes the transport. Nothing is read before it is resumed. */
export function streamTransport(
  about: About,
  ends: Ends,
  events: TransportEvents,
): StreamTransport {
  const input = new Pulling(ends, events);
  const fail = (error: unknown) => input.fail(ends.explain(error));
  let ended: Promise<unknown> | undefined;
  let closing = false;
  ends.closed?.then(ignore, (error) => void (closing || fail(error)));
  return {
    ...about,
    get isReading() {
      return input.isReading;
    },
    resume: () => input.resume(),
    pause: () => input.pause(),
    async write(bytes) {
      const part = bytes.subarray(0, LARGEST_WRITE);
      try {
        await ends.write(part);
        return part.length;
      } catch (error) {
        await fail(error);
        return 0;
      }
    },
    end: () => void (ended = ends.end().catch(fail)),
    close(reset) {
      if (closing) return;
      closing = true;
      input.stop();
      const gone = () => events.closed();
      ends.shut(reset, ended).then(gone, gone);
    },
  };
}

/** A `ReadableStreamBYOBReader`, as far as it is needed here. */
export interface ByteReader {
  /** Reads into the memory that is handed in, and hands it back. */
  read(into: Uint8Array): Promise<{
    /** Whether the stream has ended. */
    readonly done: boolean;
    /** What came, in the memory that was handed in. */
    readonly value?: Uint8Array | undefined;
  }>;
}

/** Reads up to `size` bytes at a time, into the same memory while that will do; `null` at the end. */
export function readInto(reader: ByteReader, size: number): () => Promise<Uint8Array | null> {
  const buffer = new ReadBuffer();
  return async () => {
    const { done, value } = await reader.read(buffer.next(size));
    return done || value === undefined ? null : buffer.filled(value);
  };
}

/** For promises whose rejection tells nothing new. */
export function ignore(): void {}
