/**
 * What Bun calls when something happens to a socket, and whom that is told.
 *
 * @module
 */

import { soon } from "./clock.ts";

/** Who is told what happens to a socket: a handshake, then a transport. */
export interface Told {
  ondata(chunk: Uint8Array): void;
  ondrain(): void;
  onend(): void;
  /** TLS failed: `onclose` follows. */
  onfailure(error: Error): void;
  onclose(error: Error | undefined): void;
  onhandshake(socket: Socket, ok: boolean, error: Error | null): void;
}

/** What `Bun.connect` and `open` give. It carries whoever is told, once there is somebody. */
export type Socket = Bun.Socket<Told | undefined>;

/**
 * What Bun calls, for every connection, in this turn or from inside one of the socket's methods.
 * Between two calls it runs everything that waits for a promise.
 *
 * None of them is async: a rejection would go to nobody. Without `handshake`, Bun would keep the
 * failure of one to itself.
 */
export const HANDLERS: Bun.SocketHandler<Told | undefined> = {
  // A plain view: a Buffer's own slice() does not copy.
  binaryType: "uint8array",
  data: (socket, chunk) => socket.data?.ondata(chunk),
  drain: (socket) => socket.data?.ondrain(),
  end: (socket) => socket.data?.onend(),
  close: (socket, error) => socket.data?.onclose(error),
  handshake: (socket, ok, error) => socket.data?.onhandshake(socket, ok, error),
  // What TLS fails with once it stands, and what one of the above threw.
  error: (socket, error) => {
    if ((error as { code?: unknown }).code === "EPROTO") return socket.data?.onfailure(error);
    soon(() => {
      throw error;
    });
  },
};
