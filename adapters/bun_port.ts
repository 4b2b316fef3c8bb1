/**
 * Bun's listener.
 *
 * @module
 */

import type { TlsOptions } from "../core/tls.ts";
import type { Port } from "./accepting.ts";
import { HANDLERS, type Socket } from "./bun_handlers.ts";
import { bunOptions, openError } from "./bun_tls.ts";
import type { Target } from "./options.ts";
import { toListenError } from "./system_errors.ts";

/**
 * Listens, and tells `open` each connection.
 *
 * @throws {ChatError} as a rejection, when the address cannot be had, or the certificate is none.
 */
export function portOf(
  { path, hostname, port, name }: Target,
  tls: TlsOptions | undefined,
  open: (socket: Socket) => void,
): Promise<Port> {
  const common = {
    data: undefined,
    allowHalfOpen: true,
    socket: { ...HANDLERS, open },
    ...(tls === undefined ? {} : { tls: bunOptions(tls) }),
  };
  return new Promise((resolve) => {
    try {
      resolve(
        path !== undefined
          ? portWith(Bun.listen({ ...common, unix: path }), path)
          : tcpPortOf(Bun.listen({ ...common, hostname, port })),
      );
    } catch (error) {
      throw openError(error, name, toListenError);
    }
  });
}

function portWith(listener: Bun.SocketListener<unknown>, address: string, port = 0): Port {
  return {
    port,
    address,
    // Without `true`, which would close the connections as well.
    stop: () => Promise.resolve(listener.stop()),
  };
}

function tcpPortOf(listener: Bun.TCPSocketListener<unknown>): Port {
  // `hostname` is what was asked for; where it is bound only this tells, which has no type.
  const bound: { address?: string } = {};
  (listener as { getsockname?(into: object): void }).getsockname?.(bound);
  return portWith(listener, bound.address ?? listener.hostname, listener.port);
}
