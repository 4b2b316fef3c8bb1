/**
 * The store's server as a subclass: a hook is called with each frame, and what comes next is state.
 *
 * @module
 */

import { AsyncChat } from "../../core/index.ts";
import { type Command, commandOf, LONGEST, refusalOf, type Store, valueOf } from "./store.ts";

/** One client's conversation with the store. */
export class StoreChat extends AsyncChat {
  readonly #store: Store;
  /** The command whose body is under way. */
  #waiting: Command | undefined;

  constructor(store: Store) {
    super({ terminator: "\r\n", maxFrameLength: LONGEST });
    this.#store = store;
  }

  override foundTerminator(): void {
    const frame = this.getData();
    const waiting = this.#waiting;
    if (waiting === undefined) return this.#begin(commandOf(frame));
    this.#waiting = undefined;
    this.setTerminator("\r\n");
    this.push(this.#store.obey(waiting, valueOf(frame)));
  }

  // The engine found the input wrong.
  override handleError(error: unknown): void {
    this.#finish(refusalOf(error));
  }

  // We did, and threw it in the hook above.
  override handleException(error: unknown): void {
    this.#finish(refusalOf(error));
  }

  #begin(command: Command): void {
    if (command.verb === "quit") return this.#finish(this.#store.obey(command));
    if (command.due === undefined) return void this.push(this.#store.obey(command));
    this.setTerminator(command.due);
    this.#waiting = command;
  }

  #finish(lastWords: string): void {
    this.push(lastWords);
    // Commands that came behind must not be told while this goes out.
    this.pause();
    this.closeWhenDone();
  }
}
