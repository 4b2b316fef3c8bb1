/**
 * One conversation engine, written once, spoken on every JavaScript runtime.
 *
 * The core is sans-I/O: give it a **terminator**, it hands you frames; give it **producers**, it
 * sends them in order. An adapter binds it to a socket: `asynchat/adapters/node`, `…/deno`,
 * `…/bun`, `…/cloudflare`, or `asynchat/adapters` for the one that fits.
 *
 * @module asynchat
 */

export { AsyncChat } from "./async_chat.ts";
export type {
  AbortOptions,
  AsyncChatHooks,
  AsyncChatOptions,
  HookResult,
} from "./async_chat_options.ts";
export type { Attachment } from "./attachment.ts";
export { Chat } from "./chat.ts";
export type {
  AbortSignalLike,
  ChatOptions,
  FrameEnd,
  FrameOptions,
  PieceOptions,
  ReadOptions,
} from "./chat_options.ts";
export { UnsentError } from "./chat_writer.ts";
export {
  ChatError,
  type ChatErrorOptions,
  type ErrorKind,
  IncompleteFrameError,
  LimitError,
} from "./errors.ts";
export type { Framing } from "./framing/framing.ts";
export {
  chunked,
  type ChunkedBody,
  type ChunkedOptions,
  type ChunkedSource,
} from "./framing/chunked.ts";
export { delimited } from "./framing/delimited.ts";
export { decimal, hexadecimal } from "./framing/digits.ts";
export { dotStuffed } from "./framing/dot_stuffed.ts";
export { fixedSize } from "./framing/fixed_size.ts";
export { lengthPrefixed, type LengthPrefixedOptions } from "./framing/length_prefixed.ts";
export { lines, type LinesOptions } from "./framing/lines.ts";
export { netstring } from "./framing/netstring.ts";
export { Utf8Decoder } from "./framing/utf8.ts";
export { encodeVarint, varint } from "./framing/varint.ts";
export type { Detached, Handover, ToOwner, ToTls } from "./handover.ts";
export { parse, Parser } from "./parser.ts";
export {
  exactly,
  type Protocol,
  protocolError,
  rest,
  type Step,
  type StepOptions,
  until,
  type UntilOptions,
} from "./protocol.ts";
export { ProtocolChat, type ProtocolChatOptions } from "./protocol_chat.ts";
export {
  type MoreProducer,
  NOT_YET,
  type Piece,
  type Produced,
  type Producer,
  type ProducerLike,
  type ReadableStreamLike,
} from "./producer.ts";
export type { CloseReason, CloseReport } from "./close_report.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { Session } from "./session.ts";
export { NEED_DATA, PAUSED, type SessionEvent, type SessionHandler } from "./session_event.ts";
export type { InspectEvent, Inspector, InspectType, SessionStats } from "./stats.ts";
export type { Delimiting, Terminator } from "./terminator.ts";
export type { StartTlsOptions, TlsInfo, TlsOptions, TlsUpgrade } from "./tls.ts";
export type { Capabilities, TlsCapabilities, Transport, TransportEvents } from "./transport.ts";
