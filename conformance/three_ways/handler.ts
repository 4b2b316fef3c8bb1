/**
 * The store's server as a handler: one function is the whole conversation, in the order of the wire.
 *
 * @module
 */

import type { Chat } from "../../core/index.ts";
import { commandOf, LONGEST, refusalOf, type Store, valueOf } from "./store.ts";

/** Serves one client. When it returns, what it wrote goes out, and the connection is closed. */
export async function serveStore(chat: Chat, store: Store): Promise<void> {
  try {
    for await (const head of chat.frames("\r\n", { max: LONGEST })) {
      const command = commandOf(head);
      const value = command.due === undefined
        ? undefined
        : valueOf(await chat.readExactly(command.due, { max: LONGEST }));
      await chat.write(store.obey(command, value));
      if (command.verb === "quit") return;
    }
  } catch (error) {
    await chat.write(refusalOf(error));
  }
}
