/**
 * A Worker's socket as the driver wants it.
 *
 * @module
 */

import { ChatError, type ErrorKind } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { Pulling } from "./pulling.ts";

/** A Worker's `Socket`, as far as it is needed here, so that no runtime type is named. */
export interface WorkerSocket {
  /** What comes. */
  readonly readable: {
    /** Locks it, and hands out a reader that fills your own memory. */
    getReader(options: { mode: "byob" }): WorkerReader;
  };
  /** What goes. */
  readonly writable: {
    /** Locks it, and hands out its writer. */
    getWriter(): WorkerWriter;
  };
  /** Settles when it stands. */
  readonly opened: Promise<WorkerSocketInfo>;
  /** Settles when it is gone. */
  readonly closed: Promise<unknown>;
  /** Closes it, whatever is under way. */
  close(): Promise<unknown>;
}

/** What a Worker's socket tells about itself. */
export interface WorkerSocketInfo {
  /** The other end: as it was asked for, or an inbound connection's address. */
  readonly remoteAddress?: string;
  /** This end, of an inbound connection. */
  readonly localAddress?: string;
}

/** A `ReadableStreamBYOBReader`, as far as it is needed here. */
export interface WorkerReader {
  /** Reads into the memory that is handed in, and hands it back. */
  read(into: Uint8Array): Promise<{
    /** Whether the peer has sent its FIN. */
    readonly done: boolean;
    /** What came, in the memory that was handed in. */
    readonly value?: Uint8Array | undefined;
  }>;
}

/** A `WritableStreamDefaultWriter`, as far as it is needed here. */
export interface WorkerWriter {
  /** Settles when it is closed, or has failed. */
  readonly closed: Promise<unknown>;
  /** Settles when the system has the bytes. */
  write(bytes: Uint8Array): Promise<unknown>;
  /** Sends a FIN. */
  close(): Promise<unknown>;
}

/** Every write is awaited: this bounds what the runtime copies meanwhile. */
const LARGEST_WRITE = 64 * 1024;

/**
 * Waits until a socket stands; nothing that it rejects later goes unhandled.
 *
 * @throws {ChatError} kind `"refused"` when it never does.
 */
export async function standing(socket: WorkerSocket, peer: string): Promise<WorkerSocketInfo> {
  // It resolves after a reset, and rejects after a clean end: reading and writing know better.
  socket.closed.catch(ignore);
  try {
    return await socket.opened;
  } catch (error) {
    throw toChatError(error, peer, "refused");
  }
}

/** Makes the transport of a socket that stands; reads up to `bufferSize` bytes at a time. */
export function transportOf(
  socket: WorkerSocket,
  { peer, local }: Pick<Transport, "peer" | "local">,
  bufferSize: number,
  events: TransportEvents,
): Transport {
  // A reader that is not lent a buffer gets 4 KiB at a time.
  const reader = socket.readable.getReader({ mode: "byob" });
  const writer = socket.writable.getWriter();
  writer.closed.catch(ignore);
  const explain = (error: unknown) => toChatError(error, peer, "unknown");

  let buffer: ArrayBufferLike = new ArrayBuffer(bufferSize);
  const input = new Pulling({
    async read() {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || value === undefined) return null;
      // The one that was handed in is detached now; this is its memory.
      buffer = value.buffer;
      return value;
    },
    explain,
  }, events);

  let closing = false;
  return {
    peer,
    local,
    canReset: false,
    resume: () => input.resume(),
    pause: () => input.pause(),
    async write(bytes) {
      const part = bytes.subarray(0, LARGEST_WRITE);
      try {
        await writer.write(part);
        return part.length;
      } catch (error) {
        await input.fail(explain(error));
        return 0;
      }
    },
    end: () => void writer.close().catch((error) => input.fail(explain(error))),
    close() {
      if (closing) return;
      closing = true;
      input.stop();
      // Else a write that is under way is waited for. An abort would be worse: the peer of an
      // outbound socket would never learn of it.
      writer.close().catch(ignore);
      const gone = () => events.closed();
      socket.close().then(gone, gone);
    },
  };
}

/**
 * Puts a socket's error into our own words. The runtime has no codes, one text for every connect
 * that fails, and one for every connection that is cut.
 */
export function toChatError(error: unknown, peer: string, otherwise: ErrorKind): ChatError {
  const message = error instanceof Error ? error.message : String(error);
  const kind = message === "Network connection lost." ? "reset" : otherwise;
  return new ChatError(kind, `${peer}: ${message}`, { cause: error });
}

/** For promises whose rejection tells nothing new. */
export function ignore(): void {}
