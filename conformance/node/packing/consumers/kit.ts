import { AsyncChat, type Transport, type TransportEvents } from "asynchat";
import type * as kit from "asynchat/adapters/kit";
import { same } from "./told.ts";

/** Binds a conversation to a transport of its own making. */
export default async function use({ drive, toChatError }: typeof kit): Promise<void> {
  const written: number[] = [];
  const open = (events: TransportEvents): Transport => ({
    peer: "nobody",
    local: undefined,
    canReset: false,
    tls: undefined,
    resume() {},
    pause() {},
    write: (bytes) => written.push(...bytes) && bytes.length,
    end: () => void Promise.resolve().then(() => events.ended()),
    close: () => void Promise.resolve().then(() => events.closed()),
  });
  const chat = new AsyncChat();
  drive(chat, open);
  chat.push("hi");
  chat.closeWhenDone();
  same((await chat.closed).reason, "closed");
  same(String.fromCharCode(...written), "hi");
  same(toChatError({ code: "ECONNREFUSED" }, "nobody").kind, "refused");
}
