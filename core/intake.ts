/**
 * The receiving half of a session: what has come, what ends a frame of it, and the telling.
 *
 * @module
 */

import { isFrameUnderWay } from "./deadlines.ts";
import {
  changeTerminator,
  discardInput,
  feed,
  finish,
  initialInput,
  type Input,
  type InputSink,
  isUnfinished,
  unreadBytes,
} from "./input.ts";
import type { SessionHandler } from "./session_event.ts";
import { type CompiledTerminator, RAW, sourceOf, type Terminator } from "./terminator.ts";

/** What an intake lets its session know. */
export interface IntakeEvents {
  /** A frame is complete, and about to be told. */
  framed(): void;
  /** A frame is longer than the limit: told once for each. */
  overlong(): void;
  /** Another terminator is in force. */
  terminated(): void;
  /** Whether a hook is not done: what it was given is still being told. */
  isHeld(): boolean;
}

/** Those hooks of a session that input is told to. */
type Listener = Pick<SessionHandler, "data" | "found">;

interface Told extends InputSink {
  readonly listener: Listener;
  stopped: boolean;
}

const NOTHING = new Uint8Array(0);

/** Chunks that have come, and how far they have been told. */
export class Intake {
  readonly #events: IntakeEvents;
  #input: Input;
  #chunks: Uint8Array[] = [];
  /** The terminator as the callbacks shall see it, also while the fold is under way. */
  #terminator: CompiledTerminator = RAW;
  #remaining = 0;
  /** Set while payload is being told: it rules from the next frame. */
  #nextTerminator: CompiledTerminator | undefined;
  #inPayload = false;
  /** Frames that may still be told. */
  #demand = Infinity;

  #telling = false;
  /** A hook has asked for a rest. */
  #stopped = false;
  /** While the fold is under way: what is left shall be dropped, or all it comes to. */
  #discarding = false;
  #dropped = false;

  /** Nothing has come; input is raw until a terminator is set. */
  constructor(limit: number, skipOverlong: boolean, events: IntakeEvents) {
    this.#input = initialInput(limit, skipOverlong);
    this.#events = events;
  }

  // --- what there is -----------------------------------------------------------------------------

  /** The receive side's own state, for what is said about it at the end. */
  get input(): Input {
    return this.#input;
  }

  /** Whether a hook is being called. */
  get isTelling(): boolean {
    return this.#telling;
  }

  /** Whether frames may be told, as far as demand goes. */
  get isDemanded(): boolean {
    return this.#demand > 0;
  }

  /** Whether a demand has been made. */
  get isBounded(): boolean {
    return this.#demand !== Infinity;
  }

  /** What kind of terminator is in force. */
  get terminatorKind(): CompiledTerminator["kind"] {
    return this.#terminator.kind;
  }

  /** Whether there is a chunk that has not been told to its end. */
  get hasChunk(): boolean {
    return this.#chunks.length > 0;
  }

  /** Whether there is something to tell that needs no further chunk. */
  get hasInput(): boolean {
    return this.hasChunk || isUnfinished(this.#input);
  }

  /** Whether anything came that is not, as whole frames, told. */
  get hasUnread(): boolean {
    const { ended, replay, offset } = this.#input;
    const [first] = this.#chunks;
    if (first !== undefined && (this.#chunks.length > 1 || offset < first.length)) return true;
    return ended || replay.length > 0 || isFrameUnderWay(this.#input);
  }

  // --- what comes --------------------------------------------------------------------------------

  /** A chunk came. It is borrowed until {@linkcode hasChunk} is false. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  /** Takes what has come and was not told, as one copy; its frame begins anew. */
  takeUnread(): Uint8Array {
    const unread = unreadBytes(this.#input, this.#chunks);
    this.drop();
    this.#changeTerminator(this.#nextTerminator ?? this.#terminator);
    return unread;
  }

  /** Drops what has come and was not told; a frame that is complete is still told. */
  discard(): void {
    if (this.#telling) this.#discarding = true;
    else this.#discardNow();
  }

  /** Drops everything: nothing of what has come is told any more. */
  drop(): void {
    this.#dropped = this.#telling;
    this.stop();
    this.#discardNow();
    this.#input = { ...this.#input, ended: false, skipping: false };
  }

  // --- what ends a frame -------------------------------------------------------------------------

  /** Puts a terminator in force: now, or from the next frame on when one is being told. */
  setTerminator(terminator: CompiledTerminator): void {
    if (!this.#telling && !this.#inPayload) return this.#changeTerminator(terminator);
    this.#nextTerminator = terminator;
    if (this.#terminator.kind === "raw") this.stop();
  }

  /** The terminator as it was set; a count as the number of bytes still due. */
  getTerminator(): Terminator {
    const next = this.#nextTerminator;
    if (next === undefined) return sourceOf(this.#terminator, this.#remaining);
    return sourceOf(next, next.kind === "count" ? next.bytes : 0);
  }

  /** Lets so many frames more be told; see `Session.demand`. */
  demand(frames: number): void {
    this.#demand = frames + (this.#demand === Infinity ? 0 : this.#demand);
    if (this.#demand === 0) this.stop();
  }

  // --- telling -----------------------------------------------------------------------------------

  /**
   * Tells what the first chunk holds, or, with `last`, what the end of the input makes of the rest.
   *
   * Answers `stopped` when a hook has asked for that, `finished` when the end has been told to its
   * end, else `more`: there may be more to tell.
   */
  tell(listener: Listener, last: boolean): "stopped" | "finished" | "more" {
    const chunk = this.#chunks[0];
    const sink = this.#sinkFor(listener);
    sink.stopped = this.#stopped = this.#dropped = false;
    let input: Input;
    this.#telling = true;
    try {
      input = last ? finish(this.#input, sink) : feed(this.#input, chunk ?? NOTHING, sink);
    } finally {
      this.#telling = false;
    }
    if (this.#dropped) return this.#stopped ? "stopped" : "more";
    this.#input = input;
    if (!input.stopped && chunk !== undefined) this.#chunks.shift();
    if (this.#discarding) this.#discardNow();
    this.#switchRaw();
    if (this.#stopped) return "stopped";
    return last && !input.stopped ? "finished" : "more";
  }

  /** Whatever the fold has left to tell is told later, or never. */
  stop(): void {
    if (this.#sink !== undefined) this.#sink.stopped = true;
  }

  /** No hook is at work any more: what it was given has been told. */
  settle(): void {
    this.#inPayload = false;
    this.#switchRaw();
  }

  #sink: Told | undefined;

  #sinkFor(listener: Listener): Told {
    if (this.#sink?.listener === listener) return this.#sink;
    const events = this.#events;
    const sink: Told = {
      listener,
      stopped: false,
      data: (source, start, end) => {
        this.#inPayload = true;
        if (!listener.data(source, start, end)) this.#stopped = sink.stopped = true;
        if (!events.isHeld()) this.#inPayload = false;
        if (this.#terminator.kind === "count") this.#remaining -= end - start;
      },
      found: (next) => {
        if (--this.#demand === 0) sink.stopped = true;
        events.framed();
        if (this.#nextTerminator !== undefined || next !== this.#terminator) {
          this.#putInForce(this.#nextTerminator ?? next);
        }
        if (!listener.found()) this.#stopped = sink.stopped = true;
        if (this.#nextTerminator !== undefined) this.#putInForce(this.#nextTerminator);
        if (this.#discarding) sink.stopped = true;
        return this.#terminator;
      },
      overflow: () => {
        events.overlong();
        sink.stopped = true;
      },
    };
    return this.#sink = sink;
  }

  // --- changing ----------------------------------------------------------------------------------

  /** At a frame's end, or where the fold is not under way. */
  #putInForce(terminator: CompiledTerminator): void {
    this.#nextTerminator = undefined;
    this.#terminator = terminator;
    this.#remaining = terminator.kind === "count" ? terminator.bytes : 0;
    this.#events.terminated();
  }

  #changeTerminator(terminator: CompiledTerminator): void {
    this.#putInForce(terminator);
    this.#input = changeTerminator(this.#input, terminator);
  }

  /** Raw input has no next frame to wait for. */
  #switchRaw(): void {
    if (this.#nextTerminator === undefined || this.#inPayload) return;
    if (this.#terminator.kind === "raw") this.#changeTerminator(this.#nextTerminator);
  }

  #discardNow(): void {
    this.#discarding = false;
    this.#chunks = [];
    this.#input = discardInput(this.#input);
  }
}
