/**
 * Input that has come and has not been read: the chunk in hand, and what earlier chunks left.
 *
 * @module
 */

import { Held } from "./chat_held.ts";
import { type ChatError, IncompleteFrameError, LimitError } from "./errors.ts";
import { feed, finish, initialInput, type Input, type InputSink } from "./input.ts";
import type { CompiledTerminator } from "./terminator.ts";
import { about, byteCount } from "./wording.ts";

const NOTHING = new Uint8Array(0);

/** A search that has not found yet; it goes on where it stopped when the same is asked again. */
interface Search {
  readonly terminator: CompiledTerminator;
  readonly max: number;
  readonly input: Input;
  /** Held bytes that have been looked at. */
  readonly seen: number;
}

/**
 * What an async face reads from. It stores nothing on its own account: while there is a chunk in
 * hand, which the session lends, the next one is not asked for.
 *
 * Taking is all or nothing: what answers `undefined`, or throws, has taken no byte. So whoever
 * takes next, with whatever terminator, starts at the same byte.
 */
export class Inbox {
  /** Called when there is more to take, or it is clear that nothing more will come. */
  onchange: () => void = () => {};
  /** Who is at the other end, for messages. */
  peerOf: () => string | undefined = () => undefined;

  readonly #held = new Held();
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #giveBack: (() => void) | undefined;
  #search: Search | undefined;
  readonly #sink = new Measure();
  #end: { readonly error: ChatError | null } | undefined;
  /** The connection is gone, or the reader: chunks are not held on to any more. */
  #mode: "lend" | "keep" | "ignore" = "lend";

  /** Bytes that have come and have not been taken. */
  get length(): number {
    return this.#held.length + this.#chunk.length - this.#at;
  }

  // --- what comes --------------------------------------------------------------------------------

  /** A chunk came. It is borrowed until the promise settles, or, without one, until we return. */
  offer(chunk: Uint8Array): void | Promise<void> {
    if (this.#mode === "ignore" || this.#end !== undefined) return;
    this.#chunk = chunk;
    this.onchange();
    if (this.#mode === "keep") this.#keepChunk();
    if (this.#chunk.length === 0) return;
    return new Promise((resolve) => this.#giveBack = resolve);
  }

  /** Nothing more will come: because the peer ended, or because of `error`. Only the first counts. */
  finish(error: ChatError | null): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.onchange();
  }

  /** The chunk in hand can be borrowed no longer. */
  keep(): void {
    if (this.#mode !== "lend") return;
    this.#mode = "keep";
    this.#keepChunk();
  }

  /** Nothing shall be taken any more: drops what has come, and what will come. */
  stop(error: ChatError): void {
    if (this.#mode === "ignore") return;
    this.#mode = "ignore";
    this.#held.clear();
    this.#search = undefined;
    this.#end = { error };
    this.#returnChunk();
    this.onchange();
  }

  // --- what is taken -----------------------------------------------------------------------------

  /**
   * Whatever is there, up to `max` bytes, as the caller's own; `null` at the end, `undefined` for
   * not yet.
   */
  takePiece(max: number = Infinity): Uint8Array | null | undefined {
    const { length: held } = this.#held;
    const size = Math.min(held > 0 ? held : this.#chunk.length - this.#at, max);
    return size > 0 ? this.#take(size, size) : this.#nothingMore();
  }

  /** Everything that is there, as the caller's own bytes. */
  takeAll(): Uint8Array {
    return this.length === 0 ? NOTHING : this.#take(this.length, this.length);
  }

  /**
   * The next frame, as the caller's own bytes; `undefined` for not yet.
   *
   * @throws {LimitError} when its payload is longer than `max`.
   * @throws {IncompleteFrameError} at the end; `null` instead when nothing of it has come.
   * @throws {ChatError} what the input ended with, when that was no end in good order.
   */
  takeFrame(terminator: CompiledTerminator, max: number): Uint8Array | null | undefined {
    const sink = this.#sink;
    let { input, seen } = this.#searchFor(terminator, max);
    const held = this.#held.length;
    if (seen < held) {
      input = this.#scan(this.#held.view(), { ...input, offset: seen });
      if (sink.isFound) return this.#take(sink.payload, behind(input));
      seen = held;
    }
    if (this.#at < this.#chunk.length) {
      input = this.#scan(this.#chunk, { ...input, offset: this.#at });
      if (sink.isFound) return this.#take(sink.payload, held - this.#at + behind(input));
      this.#keepChunk();
      seen = this.#held.length;
    }
    this.#search = { terminator, max, input, seen };
    return this.#end === undefined ? undefined : this.#takeLast(input);
  }

  #searchFor(terminator: CompiledTerminator, max: number): Search {
    const search = this.#search;
    if (search?.terminator === terminator && search.max === max) return search;
    const remaining = terminator.kind === "count" ? terminator.bytes : 0;
    const input = { ...initialInput(max, false), terminator, remaining };
    return { terminator, max, input, seen: 0 };
  }

  /** Looks at `source` from `input.offset` on, up to the end of the frame. */
  #scan(source: Uint8Array, input: Input): Input {
    const sink = this.#sink.begin(input.length);
    const next = feed(input, source, sink);
    if (sink.isOver) throw tooLong(input.limit, this.peerOf());
    return next;
  }

  /** The end decides about a delimiter that might have grown longer. */
  #takeLast(input: Input): Uint8Array | null | undefined {
    const { error } = this.#end!;
    if (error !== null) throw error;
    const held = this.#held.length;
    const sink = this.#sink.begin(input.length);
    const last = finish(input, sink);
    if (sink.isOver) throw tooLong(input.limit, this.peerOf());
    if (sink.isFound) return this.#take(sink.payload, held + behind(last));
    if (held === 0) return null;
    throw incomplete(held, input, this.peerOf());
  }

  #nothingMore(): null | undefined {
    const end = this.#end;
    if (end === undefined) return undefined;
    if (end.error !== null) throw end.error;
    return null;
  }

  /** Hands out the first `payload` bytes, and counts `consumed` as gone. */
  #take(payload: number, consumed: number): Uint8Array {
    const held = this.#held.length;
    const bytes = new Uint8Array(payload);
    const before = Math.min(payload, held);
    if (before > 0) bytes.set(this.#held.view().subarray(0, before));
    if (payload > held) {
      bytes.set(this.#chunk.subarray(this.#at, this.#at + payload - held), held);
    }
    this.#search = undefined;
    this.#held.drop(Math.min(consumed, held));
    if (consumed > held) {
      this.#at += consumed - held;
      if (this.#at === this.#chunk.length) this.#returnChunk();
    }
    return bytes;
  }

  #keepChunk(): void {
    if (this.#at < this.#chunk.length) this.#held.add(this.#chunk, this.#at);
    this.#returnChunk();
  }

  #returnChunk(): void {
    this.#chunk = NOTHING;
    this.#at = 0;
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }
}

/** Measures one frame, and stops behind it. */
class Measure implements InputSink {
  stopped = false;
  isFound = false;
  isOver = false;
  payload = 0;

  begin(payload: number): this {
    this.stopped = this.isFound = this.isOver = false;
    this.payload = payload;
    return this;
  }

  data(_source: Uint8Array, start: number, end: number): void {
    this.payload += end - start;
  }

  found(next: CompiledTerminator): CompiledTerminator {
    this.stopped = this.isFound = true;
    return next;
  }

  overflow(): void {
    this.stopped = this.isOver = true;
  }
}

/**
 * Where in the source the frame ended. Before its beginning when a delimiter was shorter than what
 * had been held back: the rest of that is to be looked at again.
 */
function behind({ offset, replay }: Input): number {
  return offset - replay.length;
}

function tooLong(max: number, peer: string | undefined): LimitError {
  const what = `a frame is longer than ${byteCount(max)}`;
  return new LimitError(
    about(peer, `${what}; give the read a larger max if the peer is right`),
    max,
    max + 1,
  );
}

/** The frame that the input ended inside of, or before. */
function incomplete(
  received: number,
  { terminator }: Pick<Input, "terminator">,
  peer: string | undefined,
): ChatError {
  const expected = terminator.kind === "count"
    ? byteCount(terminator.bytes - received, "more ")
    : "its delimiter";
  return new IncompleteFrameError(received, expected, peer);
}
