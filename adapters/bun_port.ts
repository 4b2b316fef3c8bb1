/**
 * Bun's listener.
 *
 * @module
 */

import { isIP } from "node:net";
import type { ChatError } from "../core/errors.ts";
import type { TlsOptions } from "../core/tls.ts";
import type { Port } from "./accepting.ts";
import { HANDLERS, type Socket } from "./bun_handlers.ts";
import { bunOptions, isTlsError } from "./bun_tls.ts";
import type { Target } from "./options.ts";
import { chatErrorOf, codeOf, tlsError, toListenError } from "./system_errors.ts";

/**
 * Listens, and tells `open` each connection.
 *
 * @throws {ChatError} as a rejection, when the address cannot be had, or the certificate is none.
 */
export function portOf(
  target: Target,
  tls: TlsOptions | undefined,
  open: (socket: Socket) => void,
): Promise<Port> {
  const { path, hostname, port } = target;
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
      throw listenError(error, target);
    }
  });
}

function listenError(error: unknown, { path, hostname, name }: Target): ChatError {
  if (isTlsError(error)) return tlsError(error, name);
  // Of a name that does not resolve Bun says nothing, and gives no code.
  const isUnresolved = path === undefined && isIP(hostname) === 0 && codeOf(error) === undefined;
  return isUnresolved ? chatErrorOf("dns", error, name) : toListenError(error, name);
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
