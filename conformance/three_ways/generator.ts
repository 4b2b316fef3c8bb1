/**
 * The store's server as a protocol: a generator reads a request, and a hook is called with it whole.
 *
 * @module
 */

import { exactly, ProtocolChat, type Step, until } from "../../core/index.ts";
import { type Command, commandOf, LONGEST, refusalOf, type Store, valueOf } from "./store.ts";

/** A command with its body. */
export interface Request {
  readonly command: Command;
  readonly value: string | undefined;
}

const HEAD = until("\r\n", { max: LONGEST });

/** Reads one request. There is no I/O in it: `parse(request, "get a\r\n")` is a test. */
export function* request(): Generator<Step, Request, Uint8Array> {
  const command = commandOf(yield* HEAD);
  if (command.due === undefined) return { command, value: undefined };
  return { command, value: valueOf(yield* exactly(command.due, { max: LONGEST })) };
}

/** Makes one client's conversation with the store. */
export function storeProtocol(store: Store): ProtocolChat<Request> {
  return new ProtocolChat(request, {
    maxFrameLength: LONGEST,
    handleMessage({ command, value }) {
      this.push(store.obey(command, value));
      if (command.verb !== "quit") return;
      // Requests that came behind must not be told while this goes out.
      this.pause();
      this.closeWhenDone();
    },
    handleError(error) {
      this.push(refusalOf(error));
    },
  });
}
