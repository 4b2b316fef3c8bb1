/**
 * Conversations in which something is done in one hook, for cases that try all of them.
 *
 * @module
 */

import type { AsyncChat } from "../../core/async_chat.ts";
import type { HookResult } from "../../core/async_chat_options.ts";
import type { Probe } from "../case.ts";
import { type Hooks, KIB, type Meet } from "./meeting.ts";

/** A hook in which a case does something. */
export type HookName = "connect" | "data" | "found" | "drain" | "end" | "exception" | "close";

/** Bytes that the conversation pushes at the beginning: more than it takes to be told of a drain. */
export const PUSHED: number = 128 * KIB;

/** What a case does in a hook. */
export type Act = (chat: AsyncChat) => HookResult;

/**
 * Hooks of which the one named does `act`, once. For `"exception"` the data hook throws, and
 * nothing else is done about it: the conversation goes on.
 */
export function actingIn(where: HookName, act: Act): Hooks {
  let done = false;
  const at = (name: HookName, chat: AsyncChat): HookResult => {
    if (name !== where || done) return;
    done = true;
    return act(chat);
  };
  const hooks: Hooks = {
    terminator: "\n",
    handleConnect() {
      this.push(new Uint8Array(PUSHED));
      return at("connect", this);
    },
    collectIncomingData() {
      if (where === "exception") throw new Error("on purpose");
      return at("data", this);
    },
    foundTerminator() {
      return at("found", this);
    },
    handleDrain() {
      return at("drain", this);
    },
    handleEnd() {
      const result = at("end", this);
      if (typeof result !== "object") return this.closeWhenDone();
      return result.then(() => this.closeWhenDone());
    },
    handleClose() {
      return at("close", this);
    },
  };
  if (where !== "exception") return hooks;
  return {
    ...hooks,
    handleException() {
      return at("exception", this);
    },
  };
}

/** Meets a peer that brings the conversation to that hook, and no further than need be. */
export async function runToHook(meet: Meet, where: HookName, hooks: Hooks): Promise<Probe> {
  const { probe, peer } = await meet([
    { do: "text", text: "a\n" },
    { do: "hold" },
    { do: "fin" },
  ], hooks);
  if (where === "end" || where === "close") await peer.release();
  return probe;
}
