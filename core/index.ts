/**
 * One conversation engine, written once, spoken on every JavaScript runtime.
 *
 * The core is sans-I/O: give it a **terminator**, it hands you frames; give it **producers**, it
 * sends them in order. An adapter binds it to a socket: `asynchat/adapters/node`, `…/deno`,
 * `…/bun`, `…/cloudflare`, or `asynchat/adapters` for the one that fits.
 *
 * @module
 */

export {
  type AbortOptions,
  AsyncChat,
  type AsyncChatHooks,
  type AsyncChatOptions,
  type Attachment,
  type HookResult,
} from "./async_chat.ts";
export {
  ChatError,
  type ChatErrorOptions,
  type ErrorKind,
  IncompleteFrameError,
  LimitError,
} from "./errors.ts";
export {
  type MoreProducer,
  NOT_YET,
  type Piece,
  type Produced,
  type ProducerLike,
  type ReadableStreamLike,
} from "./producer.ts";
export type { CloseReason, CloseReport } from "./close_report.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { Session } from "./session.ts";
export { NEED_DATA, PAUSED, type SessionEvent, type SessionHandler } from "./session_event.ts";
export type { Delimiting, Terminator } from "./terminator.ts";
export type { Capabilities, Transport, TransportEvents } from "./transport.ts";
