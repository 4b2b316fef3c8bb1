/**
 * A Worker's socket as the driver wants it.
 *
 * @module
 */

import { ChatError, type ErrorKind } from "../core/errors.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { type ByteReader, ignore, readInto, streamTransport } from "./stream_transport.ts";

/** A Worker's `Socket`, as far as it is needed here, so that no runtime type is named. */
export interface WorkerSocket {
  /** What comes. */
  readonly readable: {
    /** Locks it, and hands out a reader that fills your own memory. */
    getReader(options: { mode: "byob" }): ByteReader;
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

/** A `WritableStreamDefaultWriter`, as far as it is needed here. */
export interface WorkerWriter {
  /** Settles when it is closed, or has failed. */
  readonly closed: Promise<unknown>;
  /** Settles when the system has the bytes. */
  write(bytes: Uint8Array): Promise<unknown>;
  /** Sends a FIN. */
  close(): Promise<unknown>;
}

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
  return streamTransport(
    { peer, local, canReset: false },
    {
      read: readInto(reader, bufferSize),
      explain: (error) => toChatError(error, peer, "unknown"),
      write: (bytes) => writer.write(bytes),
      end: () => writer.close(),
      shut() {
        // Else a write that is under way is waited for. An abort would be worse: the peer of an
        // outbound socket would never learn of it.
        writer.close().catch(ignore);
        return socket.close();
      },
    },
    events,
  );
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
