/**
 * What adapters are made of, for those who write one for another runtime.
 *
 * An adapter makes a `Transport` of its runtime's socket; `drive` binds a conversation to it. The
 * rest is what all adapters here share, so that options, errors and listeners are the same on yours:
 *
 * - {@linkcode drive}, {@linkcode dismiss}: a conversation on a socket, or none;
 * - {@linkcode connectTarget}, {@linkcode listenTarget}, {@linkcode checkStartTls}: checked options;
 * - {@linkcode opening}: a connect with a deadline and a signal;
 * - {@linkcode Accepting}, {@linkcode listenerOf}: a listener that no single connection ends;
 * - {@linkcode Pulling}: input of sockets that are asked for bytes;
 * - {@linkcode connectChat}, {@linkcode serveChats}: the async face, made of `connect` and `listen`;
 * - {@linkcode toChatError}, {@linkcode toListenError}: the system's error codes as kinds.
 *
 * The guide has a page about writing an adapter, with a whole one on it.
 *
 * @module asynchat/adapters/kit
 */

export { Accepting, listenerOf, type Port } from "./accepting.ts";
export { dismiss, drive, type DriveOptions, type Open } from "./driver.ts";
export { nameOf } from "./naming.ts";
export { type Attempt, opening } from "./opening.ts";
export {
  type AbortSignalLike,
  type Adapter,
  type ChatFactory,
  type CloseOptions,
  type ConnectOptions,
  connectTarget,
  type Listener,
  type ListenOptions,
  listenTarget,
  type SocketOptions,
  type Target,
  tlsOf,
} from "./options.ts";
export { Pulling, type Source } from "./pulling.ts";
export {
  type ChatAdapter,
  type ChatConnectOptions,
  type ChatHandler,
  connectChat,
  serveChats,
  type ServeOptions,
} from "./serving.ts";
export { chatErrorOf, toChatError, toListenError } from "./system_errors.ts";
export { checkStartTls, checkTls, NO_TLS, type Role } from "./tls_options.ts";
export { unsupported } from "./unsupported_error.ts";
