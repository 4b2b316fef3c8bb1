/**
 * How a case of the async face meets the witness.
 *
 * @module
 */

import type { ChatFactory, SocketOptions } from "../../adapters/options.ts";
import { type ChatAdapter, chatFactory, type ChatHandler } from "../../adapters/serving.ts";
import type { Chat } from "../../core/chat.ts";
import type { ChatOptions } from "../../core/chat_options.ts";
import type { Case, Context, Peer, Step } from "../case.ts";
import type { Common } from "./meeting.ts";

/** Where the witness connects to. */
export interface Target {
  readonly hostname: string;
  readonly port: number;
}

const HOST = "127.0.0.1";

/** What a case does with a conversation that stands. It is closed afterwards, if it is not yet. */
export type Body = (t: Context, chat: Chat, peer: Peer) => Promise<void>;

/** Limits, and whether `startTls()` may be called. */
export type ChatMeetOptions = ChatOptions & Pick<SocketOptions, "startTls">;

/** One clause as two cases: the subject connects, and the subject serves. */
export function chatTwins(
  [client, server]: readonly [client: string, server: string],
  common: Common,
  program: readonly Step[],
  body: Body,
  limits: ChatMeetOptions = {},
): readonly Case[] {
  return [
    {
      ...common,
      id: client,
      role: "client",
      async run(t) {
        const peer = await t.peer(program);
        const chat = await chatAdapter(t).connect({
          ...peer.target,
          ...limits,
          onerror: t.onerror,
        });
        await useChat(t, chat, peer, body);
      },
    },
    {
      ...common,
      id: server,
      role: "server",
      async run(t) {
        let accept: (chat: Chat) => void = () => {}, finish: () => void = () => {};
        const accepted = new Promise<Chat>((resolve) => accept = resolve);
        const finished = new Promise<void>((resolve) => finish = resolve);
        const handler = (chat: Chat) => {
          accept(chat);
          return finished;
        };
        await withServer(t, handler, async (target) => {
          const peer = await t.dial(target, program);
          try {
            await useChat(t, await accepted, peer, body);
          } finally {
            finish();
          }
        }, limits);
      },
    },
  ];
}

async function useChat(t: Context, chat: Chat, peer: Peer, body: Body): Promise<void> {
  try {
    await body(t, chat, peer);
  } finally {
    chat.close();
    await chat.closed;
  }
}

/** Serves with `handler`, by `serve` where the subject can listen, while `act` runs. */
export async function withServer(
  t: Context,
  handler: ChatHandler,
  act: (target: Target) => Promise<void>,
  limits: ChatMeetOptions = {},
): Promise<void> {
  if (!t.capabilities.listen) return withFactory(t, chatFactory(handler, limits), act);
  const options = { hostname: HOST, port: 0, onerror: t.onerror, ...limits };
  const listener = await chatAdapter(t).serve(options, handler);
  await act({ hostname: HOST, port: listener.port }).finally(() => listener.close());
}

/** Hands connections to the factory's conversations, by `listen` where it can, while `act` runs. */
export async function withFactory(
  t: Context,
  factory: ChatFactory,
  act: (target: Target) => Promise<void>,
): Promise<void> {
  const { inbound } = t.subject;
  if (!t.capabilities.listen && inbound !== undefined) {
    const { close, ...target } = await inbound(factory, t.onerror, {});
    return act(target).finally(close);
  }
  const listener = await t.adapter.listen(
    { hostname: HOST, port: 0, onerror: t.onerror },
    factory,
  );
  await act({ hostname: HOST, port: listener.port }).finally(() => listener.close());
}

/** The subject's adapter; fails when it has no async face. */
export function chatAdapter(t: Context): ChatAdapter {
  const adapter = t.adapter as Partial<ChatAdapter>;
  t.need(typeof adapter.serve === "function", "the adapter exports no serve()");
  return adapter as ChatAdapter;
}
