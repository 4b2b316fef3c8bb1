/**
 * A Worker's socket as the driver wants it.
 *
 * @module
 */

import { ChatError, type ErrorKind } from "../core/errors.ts";
import type { TlsInfo } from "../core/tls.ts";
import type { Capabilities, Transport, TransportEvents } from "../core/transport.ts";
import { after } from "./clock.ts";
import { readUnderWay } from "./pulling.ts";
import { type ByteReader, ignore, readInto, streamTransport } from "./stream_transport.ts";
import { checkStartTls } from "./tls_options.ts";

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
  /** `"on"` where TLS is spoken, `"starttls"` where it may begin. */
  readonly secureTransport?: string;
  /** Closes it, whatever is under way. */
  close(): Promise<unknown>;
  /** Begins to speak TLS, on a socket that takes the place of this one. Nothing may be locked. */
  startTls?(): WorkerSocket;
}

/** What a Worker's socket tells about itself. */
export interface WorkerSocketInfo {
  /** The other end: as it was asked for, or an inbound connection's address. */
  readonly remoteAddress?: string;
  /** This end, of an inbound connection. */
  readonly localAddress?: string;
}

/** A `ReadableStreamBYOBReader`, as far as it is needed here. */
export interface WorkerReader extends ByteReader {
  /** Gives the stream back. */
  releaseLock(): void;
}

/** A `WritableStreamDefaultWriter`, as far as it is needed here. */
export interface WorkerWriter {
  /** Settles when it is closed, or has failed. */
  readonly closed: Promise<unknown>;
  /** Settles when the system has the bytes. */
  write(bytes: Uint8Array): Promise<unknown>;
  /** Sends a FIN. */
  close(): Promise<unknown>;
  /** Gives the stream back. */
  releaseLock(): void;
}

/** What a transport has to know beside its socket. */
export interface About extends Pick<Transport, "peer" | "local" | "tls"> {
  /** What can be done, where TLS may begin in the middle. */
  readonly startTls?: Capabilities | undefined;
}

/** What TLS tells here: that it is spoken, and no more. */
export const SPOKEN: TlsInfo = { alpn: undefined, version: undefined };

/**
 * Waits until a socket stands; nothing that it rejects later goes unhandled.
 *
 * @throws {ChatError} of the kind given when it never does.
 */
export async function standing(
  socket: WorkerSocket,
  peer: string,
  kind: ErrorKind = "refused",
): Promise<WorkerSocketInfo> {
  // It resolves after a reset, and rejects after a clean end: reading and writing know better.
  socket.closed.catch(ignore);
  try {
    return await socket.opened;
  } catch (error) {
    throw toChatError(error, peer, kind);
  }
}

/** How long a peer that takes nothing any more may keep us from parting, in milliseconds. */
const PARTING = 1_000;

/** Waits for a `close_notify` that is on its way: closing would lose it. */
async function parting(ended: Promise<unknown>): Promise<void> {
  let callOff = () => {};
  const late = new Promise<void>((resolve) => callOff = after(PARTING, resolve));
  await Promise.race([ended, late]);
  callOff();
}

/** Makes the transport of a socket that stands; reads up to `bufferSize` bytes at a time. */
export function transportOf(
  socket: WorkerSocket,
  { peer, local, tls, startTls }: About,
  bufferSize: number,
  events: TransportEvents,
): Transport {
  let ends = endsOf(socket, bufferSize);
  let otherwise: ErrorKind = tls === undefined ? "unknown" : "tls";
  const transport = streamTransport(
    { peer, local, canReset: false, tls },
    {
      read: () => ends.read(),
      explain: (error) => toChatError(error, peer, otherwise),
      write: (bytes) => ends.writer.write(bytes),
      end: () => ends.writer.close(),
      async shut(_reset, ended) {
        // Else a write that is under way is waited for. An abort would be worse: the peer of an
        // outbound socket would never learn of it.
        ends.writer.close().catch(ignore);
        if (otherwise === "tls" && ended !== undefined) await parting(ended);
        await ends.close();
      },
    },
    events,
  );
  if (startTls === undefined) return transport;
  return Object.assign<Transport, Partial<Transport>>(transport, {
    checkTls(role, options) {
      checkStartTls(role, options, startTls);
      if (transport.isReading) throw readUnderWay(peer);
    },
    async startTls() {
      ends.release();
      const secure = socket.startTls!();
      // One that does not stand yet does not say when it is closed.
      ends = { ...ends, close: () => Promise.resolve(void secure.close().catch(ignore)) };
      await standing(secure, peer, "tls");
      ends = endsOf(secure, bufferSize);
      otherwise = "tls";
      Object.assign(transport, { tls: SPOKEN });
      return SPOKEN;
    },
  });
}

interface BothEnds {
  readonly read: () => Promise<Uint8Array | null>;
  readonly writer: WorkerWriter;
  release(): void;
  close(): Promise<unknown>;
}

function endsOf(socket: WorkerSocket, bufferSize: number): BothEnds {
  // A reader that is not lent a buffer gets 4 KiB at a time.
  const reader = socket.readable.getReader({ mode: "byob" });
  const writer = socket.writable.getWriter();
  writer.closed.catch(ignore);
  return {
    read: readInto(reader, bufferSize),
    writer,
    release() {
      reader.releaseLock();
      writer.releaseLock();
    },
    close: () => socket.close(),
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
