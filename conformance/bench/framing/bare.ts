/**
 * The least that splits these workloads: a loop over fields that are changed in place, which knows
 * delimiters and counts alone. It cannot stop and go on, skip a frame that is too long, or take
 * back what was held for another terminator. What the core's fold can do more is measured by it.
 *
 * @module
 */

import { searchDelimiter } from "../../../core/delimiter.ts";
import type { InputSink } from "../../../core/input.ts";
import { type CompiledTerminator, SPENT } from "../../../core/terminator.ts";

/** The receive side with the least it needs. */
export class BareInput {
  #terminator: CompiledTerminator;
  #remaining = 0;
  #held = 0;
  #length = 0;
  readonly #limit: number;

  /** Starts with a terminator and a limit, in bytes. */
  constructor(terminator: CompiledTerminator, limit: number) {
    this.#terminator = terminator;
    this.#remaining = terminator.kind === "count" ? terminator.bytes : 0;
    this.#limit = limit;
  }

  /** Consumes the chunk. */
  feed(chunk: Uint8Array, sink: InputSink): void {
    let at = 0;
    for (;;) {
      const terminator = this.#terminator;
      let start = at, end = chunk.length, next = end, complete = false, holding = 0;
      if (terminator.kind === "count") {
        end = next = Math.min(end, at + this.#remaining);
        this.#remaining -= end - at;
        complete = this.#remaining === 0;
      } else if (terminator.kind === "delimiter") {
        start -= this.#held;
        const index = searchDelimiter(terminator, chunk, at, this.#held);
        complete = index >= 0;
        if (complete) end = (next = index) - terminator.bytes.length;
        else end -= holding = ~index;
        const size = Math.min(end, 0) - start;
        if (size > 0) {
          sink.data(terminator.bytes.slice(0, size), 0, size);
          this.#length += size;
          start += size;
        }
      }
      if (end - start > this.#limit - this.#length) return sink.overflow();
      if (start < end) {
        sink.data(chunk, start, end);
        this.#length += end - start;
      }
      at = next;
      this.#held = holding;
      if (!complete || sink.stopped) return;
      this.#length = 0;
      this.#terminator = sink.found(terminator.kind === "count" ? SPENT : terminator);
      if (this.#terminator.kind === "count") this.#remaining = this.#terminator.bytes;
    }
  }
}
