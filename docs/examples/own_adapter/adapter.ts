/**
 * A whole adapter, as short as it can be: plain TCP over `node:net`, which Bun and Deno have as well.
 *
 * Everything that is not `node:net` comes from the kit; what is left is what every adapter has to
 * say for itself: what it can do, how a socket is opened, and how it becomes a transport.
 *
 * @module
 */

import { createServer, Socket } from "node:net";
import type { AsyncChat, Capabilities, Chat, Transport, TransportEvents } from "asynchat";
import {
  Accepting,
  type ChatConnectOptions,
  type ChatFactory,
  type ChatHandler,
  connectChat,
  type ConnectOptions,
  connectTarget,
  drive,
  type Listener,
  listenerOf,
  type ListenOptions,
  listenTarget,
  NO_TLS,
  opening,
  serveChats,
  type ServeOptions,
  toChatError,
  toListenError,
} from "asynchat/adapters/kit";

/** What it can do and cannot: each is a promise, and the suite keeps you to it. */
export const capabilities: Capabilities = {
  listen: true,
  unix: false,
  reset: true,
  cancelConnect: true,
  preciseErrors: true,
  dataBeforeReset: false,
  addresses: false,
  ...NO_TLS,
};

export function connect(options: ChatConnectOptions): Promise<Chat>;
export function connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;
export async function connect(
  options: ChatConnectOptions,
  chat?: AsyncChat,
): Promise<AsyncChat | Chat> {
  if (chat === undefined) return connectChat(options, connect);
  const { hostname, port, name } = connectTarget(options, capabilities);
  const socket = await opening(name, options, () => {
    // Half-open, so that whether to answer a FIN is the conversation's decision.
    const socket = new Socket({ allowHalfOpen: true });
    const opened = new Promise<Socket>((resolve, reject) => {
      socket.once("error", (error) => reject(toChatError(error, name)));
      socket.connect(port, hostname, () => resolve(socket));
    });
    return { socket: opened, abandon: () => socket.destroy() };
  });
  drive(chat, (events) => transportOf(socket, name, events), options);
  return chat;
}

export async function listen(options: ListenOptions, factory: ChatFactory): Promise<Listener> {
  const { hostname, port, name } = listenTarget(options, capabilities);
  const accepting = new Accepting(options, factory);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    accepting.accept(peer, (events) => transportOf(socket, peer, events));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(toListenError(error, name)));
    server.listen(port, hostname, resolve);
  });
  const bound = server.address() as { port: number; address: string };
  const stop = () => Promise.resolve(void server.close());
  return listenerOf({ ...bound, stop }, accepting, options);
}

export function serve(options: ServeOptions, handler: ChatHandler): Promise<Listener> {
  return serveChats(options, handler, listen);
}

/** Translates, and decides nothing: no buffer, no queue, no limit, no timer. */
function transportOf(socket: Socket, peer: string, events: TransportEvents): Transport {
  socket.setNoDelay(true);
  socket.on("data", (chunk: Uint8Array) =>
    // A plain view: a Buffer's own slice() does not copy.
    events.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  socket.on("end", () => {
    if (!socket.writable || socket.writableLength > 0) return events.ended();
    // Node 20 tells an end for a reset that came with the last bytes; a write of none finds it.
    socket.write("", (error) => {
      if (!error) events.ended();
    });
  });
  socket.on("error", (error) => events.failed(toChatError(error, peer)));
  socket.on("close", () => events.closed());
  socket.pause();
  return {
    peer,
    local: undefined,
    canReset: true,
    resume: () => void socket.resume(),
    pause: () => void socket.pause(),
    write: (bytes) =>
      new Promise((resolve) => socket.write(bytes, (error) => resolve(error ? 0 : bytes.length))),
    end: () => void socket.end(),
    close: (reset) => void (reset ? socket.resetAndDestroy() : socket.destroy()),
  };
}
