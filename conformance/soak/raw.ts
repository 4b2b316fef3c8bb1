/**
 * The least server that a runtime's own sockets make: sends back what comes.
 *
 * @module
 */

import { createServer } from "node:net";

/** A server of either kind. */
export interface Server {
  readonly port: number;
  /** How many connections stand. */
  connections(): number;
  /** Accepts no more. */
  stop(): void;
}

// As much of them as is used, so that one file serves three runtimes.
interface DenoConn {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}
interface DenoListener {
  readonly addr: { readonly port: number };
  accept(): Promise<DenoConn>;
  close(): void;
}
interface BunSocket {
  write(bytes: Uint8Array): number;
  end(): void;
}
declare const globalThis: {
  readonly Deno?: { listen(at: { hostname: string; port: number }): DenoListener };
  readonly Bun?: {
    listen(options: {
      hostname: string;
      port: number;
      socket: Record<string, (socket: BunSocket, chunk: Uint8Array) => void>;
    }): { readonly port: number; stop(): void };
  };
};

/** Listens on a free port, by the runtime's own means. */
export function listenRaw(): Promise<Server> {
  if (globalThis.Deno !== undefined) return Promise.resolve(onDeno(globalThis.Deno));
  if (globalThis.Bun !== undefined) return Promise.resolve(onBun(globalThis.Bun));
  return onNode();
}

function onNode(): Promise<Server> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("data", (chunk) => void socket.write(chunk));
    socket.on("error", () => {});
    socket.on("close", () => connections--);
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", 4096, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        connections: () => connections,
        stop: () => void server.close(),
      });
    })
  );
}

function onDeno(deno: NonNullable<typeof globalThis.Deno>): Server {
  const listener = deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0, stopped = false;
  async function echo(conn: DenoConn): Promise<void> {
    connections++;
    // The same that our own adapter reads with.
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let size = await conn.read(buffer); size !== null; size = await conn.read(buffer)) {
        for (let sent = 0; sent < size;) sent += await conn.write(buffer.subarray(sent, size));
      }
    } catch {
      // Reset.
    }
    conn.close();
    connections--;
  }
  void (async () => {
    while (!stopped) await listener.accept().then((conn) => void echo(conn), () => {});
  })();
  return {
    port: listener.addr.port,
    connections: () => connections,
    stop() {
      stopped = true;
      listener.close();
    },
  };
}

function onBun(bun: NonNullable<typeof globalThis.Bun>): Server {
  let connections = 0;
  const { port, stop } = bindStop(bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => void connections++,
      data: (socket, chunk) => void socket.write(chunk),
      end: (socket) => socket.end(),
      close: () => void connections--,
    },
  }));
  return { port, connections: () => connections, stop };
}

function bindStop(listener: { readonly port: number; stop(): void }) {
  return { port: listener.port, stop: () => listener.stop() };
}
