/**
 * The core's fold once more, over fields that are changed in place: what purity is measured against.
 *
 * It does all that the fold does, in the same order. So what differs in speed is what the pure
 * form costs, and nothing that the fold can do and this could not.
 *
 * @module
 */

import { type AnyOf, searchAnyOf } from "../../../core/any_of.ts";
import { concat } from "../../../core/bytes.ts";
import { searchDelimiter } from "../../../core/delimiter.ts";
import type { InputSink } from "../../../core/input.ts";
import { type CompiledTerminator, SPENT } from "../../../core/terminator.ts";

const NOTHING = new Uint8Array(0);

/** The receive side as a thing that changes. The fields are those of the core's `Input`. */
export class MutatingInput {
  #terminator: CompiledTerminator;
  #remaining: number;
  #held = 0;
  #replay = NOTHING;
  #length = 0;
  #ended = false;
  #skipping = false;
  #offset = 0;
  #stopped = false;
  readonly #limit: number;
  readonly #skipOverlong: boolean;

  /** Starts with a terminator and a limit, in bytes. */
  constructor(terminator: CompiledTerminator, limit: number, skipOverlong: boolean) {
    this.#terminator = terminator;
    this.#remaining = terminator.kind === "count" ? terminator.bytes : 0;
    this.#limit = limit;
    this.#skipOverlong = skipOverlong;
  }

  /** Whether the sink has asked to stop: then the same chunk is to be fed again. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Consumes the chunk, from where it stopped in it. */
  feed(chunk: Uint8Array, sink: InputSink): void {
    for (;;) {
      const replay = this.#replay, offset = this.#offset;
      if (replay.length === 0) {
        this.#scan(chunk, offset, sink);
        if (this.#stopped || this.#replay.length === 0) return;
        continue;
      }
      this.#replay = NOTHING;
      this.#scan(replay, 0, sink);
      const again = this.#replay;
      const rest = this.#stopped || again.length > 0 ? replay.subarray(this.#offset) : NOTHING;
      this.#replay = again.length + rest.length === 0 ? NOTHING : concat([again, rest]);
      this.#offset = offset;
      if (this.#stopped) return;
    }
  }

  #scan(source: Uint8Array, from: number, sink: InputSink): void {
    const before = this.#held, first = this.#terminator;
    let at = from;
    this.#replay = NOTHING;
    for (;;) {
      if (this.#ended) {
        const { kind } = this.#terminator;
        const next = kind === "count" && this.#remaining === 0 ? SPENT : this.#terminator;
        this.#terminator = sink.found(next);
        if (this.#terminator.kind === "count") this.#remaining = this.#terminator.bytes;
        this.#ended = false;
        this.#length = 0;
        if (sink.stopped || this.#replay.length > 0) break;
      }

      const terminator = this.#terminator;
      let start = at, end = source.length, next = end, complete = false, holding = 0;
      switch (terminator.kind) {
        case "raw":
          this.#length = 0;
          break;
        case "count":
          end = next = Math.min(end, at + this.#remaining);
          this.#remaining -= end - at;
          complete = this.#remaining === 0;
          break;
        case "delimiter": {
          start -= this.#held;
          const index = searchDelimiter(terminator, source, at, this.#held);
          complete = index >= 0;
          if (complete) end = (next = index) - terminator.bytes.length;
          else end -= holding = ~index;
          break;
        }
        case "any-of": {
          const { size, depth, matchStart, matchLength } = terminator;
          start -= depth[this.#held]!;
          const index = searchAnyOf(terminator, source, at, this.#held, false);
          complete = index >= 0;
          if (complete) {
            const node = index % size;
            end = (index - node) / size - depth[node]! + matchStart[node]!;
            next = end + matchLength[node]!;
          } else {
            holding = ~index;
            end -= depth[holding]!;
          }
          break;
        }
      }

      const isWithin = start >= from || (start >= end && next >= from);
      if (isWithin && end - start <= this.#limit - this.#length && !this.#skipping) {
        if (start < end) {
          sink.data(source, start, end);
          this.#length += end - start;
        }
      } else {
        const held = start < from ? spelled(first, before) : NOTHING;
        if (next < from) {
          this.#replay = held.slice(held.length - (from - next));
          next = from;
        }
        const over = terminator.kind !== "raw" && end - start > this.#limit - this.#length;
        const last = this.#skipping ? start : over ? start + (this.#limit - this.#length) : end;
        if (start < from && start < last) {
          const size = Math.min(last, from) - start;
          sink.data(held, 0, size);
          this.#length += size;
          start += size;
          if (sink.stopped && start < last) {
            this.#held = 0;
            at = from;
            break;
          }
        }
        if (start < last) {
          sink.data(source, start, last);
          this.#length += last - start;
        }
        if (over && !this.#skipping) {
          sink.overflow();
          this.#skipping = true;
          if (!this.#skipOverlong || terminator.kind === "count") {
            at = source.length;
            this.#held = 0;
            this.#replay = NOTHING;
            break;
          }
        }
      }

      at = next;
      this.#held = holding;
      if (!complete) break;
      if (!this.#skipping) {
        this.#ended = true;
        if (sink.stopped) break;
        continue;
      }
      this.#skipping = false;
      this.#length = 0;
      if (sink.stopped || this.#replay.length > 0) break;
    }
    this.#stopped = sink.stopped;
    this.#offset = this.#stopped || this.#replay.length > 0 ? at : 0;
  }
}

/** The bytes that are held back. */
function spelled(terminator: CompiledTerminator, held: number): Uint8Array {
  if (terminator.kind === "delimiter") return terminator.bytes.slice(0, held);
  const { spelling, depth } = terminator as AnyOf;
  return spelling[held]!.slice(0, depth[held]!);
}
