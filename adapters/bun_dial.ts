/**
 * A connect of Bun's, which cannot be called back.
 *
 * @module
 */

import type { TlsOptions } from "../core/tls.ts";
import { HANDLERS, type Socket } from "./bun_handlers.ts";
import { bunOptions, Handshake, openError } from "./bun_tls.ts";
import type { Attempt } from "./opening.ts";
import type { Target } from "./options.ts";

/** Begins one; with `tls` it is done when the handshake is. */
export function dial(target: Target, tls: TlsOptions | undefined): Attempt<Socket> {
  const { path, hostname, port, name } = target;
  const opened = new Promise<Socket>((resolve, reject) => {
    const fail = (error: unknown) => reject(openError(error, name));
    const socket = {
      ...HANDLERS,
      open(socket: Socket) {
        if (tls === undefined) socket.pause();
        resolve(socket);
      },
      connectError: (_: Socket, error: Error) => fail(error),
    };
    const common = {
      data: undefined,
      allowHalfOpen: true,
      socket,
      ...(tls === undefined ? {} : { tls: bunOptions(tls, hostname) }),
    };
    try {
      const connecting = path !== undefined
        ? Bun.connect({ ...common, unix: path })
        : Bun.connect({ ...common, hostname, port });
      connecting.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  const ready = tls === undefined ? opened : opened.then((socket) => {
    const handshake = new Handshake("client", tls, name, hostname);
    socket.data = handshake;
    return handshake.done;
  });
  return {
    socket: ready,
    abandon: () => void opened.then((socket) => socket.terminate(), () => {}),
  };
}
