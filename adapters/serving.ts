/**
 * The async face on every adapter: what `connect` without a conversation and `serve` are made of.
 *
 * @module
 */

import { Chat } from "../core/chat.ts";
import type { Engine } from "../core/chat_engine.ts";
import type { ChatOptions } from "../core/chat_options.ts";
import { UnsentError } from "../core/chat_writer.ts";
import { AsyncChat, saysOver } from "../core/async_chat.ts";
import { completeLimits, DEFAULT_LIMITS } from "../core/limits.ts";
import { checkFunction, checkObject } from "./names.ts";
import type { Adapter, ChatFactory, ConnectOptions, Listener, ListenOptions } from "./options.ts";

/** Whom to call, how long to try, and the limits of the conversation. */
export interface ChatConnectOptions extends ConnectOptions, ChatOptions {}

/** Where to listen, and the limits of each conversation. */
export interface ServeOptions extends ListenOptions, ChatOptions {}

/** What is done with one accepted connection. */
export type ChatHandler = (chat: Chat) => unknown;

/** What an adapter with both faces exports. */
export interface ChatAdapter extends Adapter {
  /** Connects, and resolves with the conversation when the peer has accepted. */
  connect(options: ChatConnectOptions): Promise<Chat>;
  /** Connects `chat`, and resolves with it when the peer has accepted. */
  connect<C extends AsyncChat>(options: ConnectOptions, chat: C): Promise<C>;
  /** Listens, and calls `handler` with each connection. */
  serve(options: ServeOptions, handler: ChatHandler): Promise<Listener>;
}

/**
 * Connects a new `Chat` with an adapter's own `connect`, which is not told its limits.
 *
 * @throws {RangeError} for a limit that makes no sense, and what `connect` throws.
 */
export async function connectChat(
  options: ChatConnectOptions,
  connect: (options: ConnectOptions, chat: AsyncChat) => Promise<unknown>,
): Promise<Chat> {
  checkObject(options, "connect()");
  const { limits, others } = splitLimits(options);
  const chat = new Chat(limits);
  if (options.startTls) (chat.asyncChat as Engine).readOnDemand();
  await connect(others, chat.asyncChat);
  return chat;
}

/**
 * Serves with an adapter's own `listen`, which is not told the limits: each connection is a `Chat`.
 *
 * @throws {RangeError} for a limit that makes no sense, and what `listen` throws.
 */
export async function serveChats(
  options: ServeOptions,
  handler: ChatHandler,
  listen: (options: ListenOptions, factory: ChatFactory) => Promise<Listener>,
): Promise<Listener> {
  checkObject(options, "serve()");
  checkFunction(handler, "serve() needs a function that is called with each connection");
  const { limits, others } = splitLimits(options);
  // Now, and not when the first connection comes.
  completeLimits(limits);
  return await listen(
    others,
    chatFactory(handler, limits, { onDemand: options.startTls === true }),
  );
}

/** What a factory may be told beside the handler and the limits. */
export interface FactoryOptions {
  /** Called with what the handler is about to do; it never rejects. */
  readonly onstart?: (running: Promise<void>) => void;
  /** The peer is asked for bytes only while somebody reads: TLS may begin in the middle. */
  readonly onDemand?: boolean;
}

/**
 * Makes a factory for `listen` of a handler: each connection is a `Chat`, which is closed when all
 * is sent once the handler is done. A handler that throws, or rejects, is reported, and its own
 * connection, no other, is aborted.
 *
 * The conversation's own end is not reported: that the peer has reset or we have closed is what
 * `chat.closed` tells.
 */
export function chatFactory(
  handler: ChatHandler,
  limits: ChatOptions = {},
  { onstart = () => {}, onDemand = false }: FactoryOptions = {},
): ChatFactory {
  return () => {
    const chat = new Chat(limits);
    const engine = chat.asyncChat as Engine;
    if (onDemand) engine.readOnDemand();
    engine.onconnect = () => onstart(converse(chat, handler));
    return engine;
  };
}

async function converse(chat: Chat, handler: ChatHandler): Promise<void> {
  try {
    await handler(chat);
    void chat.closeWhenDone();
  } catch (error) {
    if (!isOwnEnd(chat, error)) chat.asyncChat.report(error);
    chat.abort(error);
  }
}

/** Whether an error says no more than that the conversation is over. */
function isOwnEnd({ asyncChat: { session } }: Chat, error: unknown): boolean {
  return saysOver(session, error) || (session.isOver && error instanceof UnsentError);
}

/** Parts the limits of the conversation from what the adapter is to be told. */
export function splitLimits<T extends ChatOptions>(
  options: T,
): { limits: ChatOptions; others: Omit<T, keyof ChatOptions> } {
  const limits: Record<string, unknown> = {}, others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const isLimit = Object.hasOwn(DEFAULT_LIMITS, name) && !NOT_OURS.includes(name);
    (isLimit ? limits : others)[name] = value;
  }
  return { limits, others: others as Omit<T, keyof ChatOptions> };
}

/** Limits of the callback face only, refused like any other option that does not exist. */
const NOT_OURS = ["overlong", "frameTimeout"];

/** What an adapter may be told, and the limits of the conversation that it is to make. */
export type WithLimits<Options> = Options & ChatOptions;

/** Who has a conversation that somebody else connected, and what the adapter was told. */
export interface Party<Options> {
  /** The conversation in the caller's own face. */
  readonly chat: Chat | AsyncChat;
  /** The same, for the driver. */
  readonly asyncChat: AsyncChat;
  readonly options: Options;
}

/**
 * Sorts the arguments of a call that takes a conversation of either face, or the limits of one.
 *
 * @throws {RangeError} for a limit that makes no sense.
 */
export function partyOf<Options extends object>(
  chatOrOptions: Chat | AsyncChat | WithLimits<Options> | undefined,
  options: Options | undefined,
): Party<Options> {
  if (chatOrOptions instanceof AsyncChat) {
    return { chat: chatOrOptions, asyncChat: chatOrOptions, options: options ?? {} as Options };
  }
  if (chatOrOptions instanceof Chat) {
    const { asyncChat } = chatOrOptions;
    return { chat: chatOrOptions, asyncChat, options: options ?? {} as Options };
  }
  const { limits, others } = splitLimits(chatOrOptions ?? {} as WithLimits<Options>);
  const chat = new Chat(limits);
  return { chat, asyncChat: chat.asyncChat, options: others as unknown as Options };
}
