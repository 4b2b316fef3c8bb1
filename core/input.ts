/**
 * The receive side, pure: a fold of chunks into frames.
 *
 * `(state, chunk, sink) → state`. One new state a chunk, never one a byte or a frame: what happens
 * is told to the sink in offsets, and the sink answers with the terminator of the next frame. The
 * fold can stop after any event and go on from the state it returned.
 *
 * Two things make the answer independent of how the bytes were cut into chunks: a delimiter's
 * prefix at the end of a chunk is held back as a number (the bytes are the delimiter's own), and a
 * frame's length is limited by its payload alone, to the byte.
 *
 * @module
 */

import { type AnyOf, searchAnyOf } from "./any_of.ts";
import { concat } from "./bytes.ts";
import { searchDelimiter } from "./delimiter.ts";
import { type CompiledTerminator, RAW, SPENT } from "./terminator.ts";

/** Everything the receive side knows between two chunks. */
export interface Input {
  /** What ends the frame under way. */
  readonly terminator: CompiledTerminator;
  /** Bytes still due, when the terminator is a count. */
  readonly remaining: number;
  /** The held-back prefix: bytes matched of a delimiter, or the node of a set of them. */
  readonly held: number;
  /** Bytes to look at before the next chunk: held back once, for a terminator that has changed. */
  readonly replay: Uint8Array;
  /** Payload of the frame under way that the sink has been given, in bytes. */
  readonly length: number;
  /** The frame's payload is complete, and `found` is what comes next. */
  readonly ended: boolean;
  /** The frame under way was too long and is being dropped. */
  readonly skipping: boolean;
  /** Where to go on in the chunk; 0 once it has been consumed. */
  readonly offset: number;
  /** The sink asked to stop, so there may be more to tell about what has already come. */
  readonly stopped: boolean;
  /** Longest payload of a frame, in bytes. */
  readonly limit: number;
  /** What to do about a longer one: go on behind its delimiter, or read no more. */
  readonly skipOverlong: boolean;
}

/** Where the fold tells what it finds. */
export interface InputSink {
  /** Looked at after every call: true stops the fold there. */
  readonly stopped: boolean;
  /** Payload: `source[start, end)`, never empty, borrowed. */
  data(source: Uint8Array, start: number, end: number): void;
  /** A frame is complete; `next` rules what follows, unless the sink answers otherwise. */
  found(next: CompiledTerminator): CompiledTerminator;
  /** A frame is longer than the limit; its first `limit` bytes have been told. */
  overflow(): void;
}

const NOTHING = new Uint8Array(0);

/** The state before the first byte. Input is raw until a terminator is set. */
export function initialInput(limit: number, skipOverlong: boolean): Input {
  return {
    terminator: RAW,
    remaining: 0,
    held: 0,
    replay: NOTHING,
    length: 0,
    ended: false,
    skipping: false,
    offset: 0,
    stopped: false,
    limit,
    skipOverlong,
  };
}

/**
 * Puts another terminator in force at once. Held-back bytes are to be looked at again. A frame that
 * is too long is dropped up to the next delimiter; where there is none, here.
 */
export function changeTerminator(input: Input, terminator: CompiledTerminator): Input {
  const skipping = input.skipping &&
    (terminator.kind === "delimiter" || terminator.kind === "any-of");
  return {
    ...input,
    terminator,
    skipping,
    length: skipping === input.skipping ? input.length : 0,
    remaining: terminator.kind === "count" ? terminator.bytes : 0,
    held: 0,
    replay: join(heldBytes(input), input.replay),
  };
}

/** Drops what is held back. The terminator stays, a count goes on, a complete frame is still told. */
export function discardInput(input: Input): Input {
  return { ...input, held: 0, replay: NOTHING, length: 0, offset: 0, stopped: false };
}

/** The held-back bytes, as a copy. */
export function heldBytes(input: Input): Uint8Array {
  const { terminator, held } = input;
  if (held === 0) return NOTHING;
  if (terminator.kind === "delimiter") return terminator.bytes.slice(0, held);
  // Raw and counted input hold nothing back.
  const { spelling, depth } = terminator as AnyOf;
  return spelling[held]!.slice(0, depth[held]!);
}

/** All that has come and was not told: held back, to be looked at again, or not looked at. */
export function unreadBytes(input: Input, chunks: readonly Uint8Array[]): Uint8Array {
  const [first = NOTHING, ...others] = chunks;
  const rest = first.subarray(input.offset);
  return concat([heldBytes(input), input.replay, rest, ...others]);
}

/** Whether something is left to be told that needs no further chunk. */
export function isUnfinished(input: Input): boolean {
  return input.ended || input.stopped || input.replay.length > 0;
}

/**
 * Consumes `chunk` from `input.offset` on, telling the sink what is in it.
 *
 * Linear in the bytes given, whatever the terminator; a set of delimiters that contain one another
 * may cost as much again for each byte of the longest.
 */
export function feed(input: Input, chunk: Uint8Array, sink: InputSink): Input {
  return run(input, chunk, sink, false);
}

/** Nothing will follow: held-back bytes are payload after all, unless they complete a frame. */
export function finish(input: Input, sink: InputSink): Input {
  return run({ ...input, offset: 0 }, NOTHING, sink, true);
}

function run(input: Input, chunk: Uint8Array, sink: InputSink, final: boolean): Input {
  let state = input;
  for (;;) {
    const { replay, offset } = state;
    if (replay.length === 0) {
      state = scan(state, chunk, offset, sink, final);
      if (state.stopped || state.replay.length === 0) return state;
      continue;
    }
    // Held back under an earlier terminator: a small chunk before the chunk.
    state = scan({ ...state, replay: NOTHING }, replay, 0, sink, false);
    const rest = state.stopped || state.replay.length > 0 ? replay.subarray(state.offset) : NOTHING;
    state = { ...state, replay: join(state.replay, rest), offset };
    if (state.stopped) return state;
  }
}

/**
 * One frame a turn, or what there is of it.
 *
 * Indices below `from` stand for held-back bytes: they came with an earlier chunk, and are the
 * beginning of the delimiter.
 */
function scan(
  input: Input,
  source: Uint8Array,
  from: number,
  sink: InputSink,
  final: boolean,
): Input {
  const { limit, skipOverlong } = input;
  let { terminator, remaining, held, length, ended, skipping } = input;
  let at = from;
  let replay = NOTHING;

  for (;;) {
    if (ended) {
      const next = terminator.kind === "count" && remaining === 0 ? SPENT : terminator;
      terminator = sink.found(next);
      if (terminator.kind === "count") remaining = terminator.bytes;
      ended = false;
      length = 0;
      if (sink.stopped || replay.length > 0) break;
    }

    let start = at, end = source.length, next = end, complete = false, holding = 0;
    switch (terminator.kind) {
      case "raw":
        length = 0;
        break;
      case "count":
        end = next = Math.min(end, at + remaining);
        remaining -= end - at;
        complete = remaining === 0;
        break;
      case "delimiter": {
        start -= held;
        const index = searchDelimiter(terminator, source, at, held);
        complete = index >= 0;
        if (complete) end = (next = index) - terminator.bytes.length;
        else if (!final) end -= holding = ~index;
        break;
      }
      case "any-of": {
        const { size, depth, matchStart, matchLength } = terminator;
        start -= depth[held]!;
        const index = searchAnyOf(terminator, source, at, held, final);
        complete = index >= 0;
        if (complete) {
          const node = index % size;
          end = (index - node) / size - depth[node]! + matchStart[node]!;
          next = end + matchLength[node]!;
        } else if (!final) {
          holding = ~index;
          end -= depth[holding]!;
        }
        break;
      }
    }

    // Held-back bytes are made only where they are payload, or to be looked at again.
    const isWithin = start >= from || (start >= end && next >= from);
    if (isWithin && end - start <= limit - length && !skipping) {
      if (start < end) {
        sink.data(source, start, end);
        length += end - start;
      }
    } else {
      // Only the first turn can reach back before `from`.
      const before = start < from ? heldBytes(input) : NOTHING;
      if (next < from) {
        replay = before.slice(before.length - (from - next));
        next = from;
      }
      const over = terminator.kind !== "raw" && end - start > limit - length;
      const last = skipping ? start : over ? start + (limit - length) : end;
      if (start < from && start < last) {
        const size = Math.min(last, from) - start;
        sink.data(before, 0, size);
        length += size;
        start += size;
        if (sink.stopped && start < last) {
          // The delimiter, if there is one, lies wholly in this chunk: it will be found again.
          held = 0;
          at = from;
          break;
        }
      }
      if (start < last) {
        sink.data(source, start, last);
        length += last - start;
      }
      if (over && !skipping) {
        sink.overflow();
        skipping = true;
        if (!skipOverlong || terminator.kind === "count") {
          at = source.length;
          held = 0;
          replay = NOTHING;
          break;
        }
      }
    }

    at = next;
    held = holding;
    if (!complete) break;
    if (!skipping) {
      ended = true;
      if (sink.stopped) break;
      continue;
    }
    skipping = false;
    length = 0;
    if (sink.stopped || replay.length > 0) break;
  }
  const { stopped } = sink;
  return {
    terminator,
    remaining,
    held,
    replay,
    length,
    ended,
    skipping,
    offset: stopped || replay.length > 0 ? at : 0,
    stopped,
    limit,
    skipOverlong,
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.length + b.length === 0 ? NOTHING : concat([a, b]);
}
