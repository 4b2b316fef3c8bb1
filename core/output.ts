/**
 * The send side, pure: a first-in first-out queue of bytes and producers.
 *
 * Two linked lists make a queue whose every operation takes constant time on average and changes
 * nothing: the front in order, the back newest first, turned round when the front runs out.
 *
 * @module
 */

import type { Producer } from "./producer.ts";

/** What waits in the queue. */
export type Entry = Uint8Array | Producer;

interface Cell {
  readonly entry: Entry;
  readonly next: Cell | null;
}

/** The queue. The head's first `taken` bytes have gone out. */
export interface Output {
  readonly front: Cell | null;
  readonly back: Cell | null;
  readonly taken: number;
  /** Bytes that wait, not counting what producers have yet to say. */
  readonly bytes: number;
}

/** The queue with nothing in it. */
export const EMPTY_OUTPUT: Output = { front: null, back: null, taken: 0, bytes: 0 };

/** Adds an entry at the end. Empty bytes are the caller's to leave out. */
export function enqueue(output: Output, entry: Entry): Output {
  const bytes = output.bytes + sizeOf(entry);
  if (output.front === null) {
    return { front: { entry, next: null }, back: null, taken: 0, bytes };
  }
  return { ...output, back: { entry, next: output.back }, bytes };
}

/** The first entry; of bytes, what has not gone out. */
export function head(output: Output): Entry | undefined {
  const entry = output.front?.entry;
  return entry instanceof Uint8Array && output.taken > 0 ? entry.subarray(output.taken) : entry;
}

/** A piece that the producer at the head has produced: it goes before the producer. */
export function supply(output: Output, piece: Uint8Array): Output {
  return {
    ...output,
    front: { entry: piece, next: output.front },
    bytes: output.bytes + piece.length,
  };
}

/** Takes the first entry out, whatever is left of it. */
export function dropHead(output: Output): Output {
  const { front, back, taken } = output;
  if (front === null) return output;
  const bytes = output.bytes - sizeOf(front.entry) + taken;
  if (front.next !== null) return { front: front.next, back, taken: 0, bytes };
  return { front: inOrder(back), back: null, taken: 0, bytes };
}

/**
 * Counts `size` bytes at the head as gone out.
 *
 * @throws {RangeError} for more than there are before the first producer.
 */
export function acknowledge(output: Output, size: number): Output {
  let left = size, state = output;
  while (left > 0) {
    const bytes = head(state);
    if (!(bytes instanceof Uint8Array)) {
      throw new RangeError(`${size} bytes acknowledged, but fewer were handed out`);
    }
    if (left < bytes.length) {
      return { ...state, taken: state.taken + left, bytes: state.bytes - left };
    }
    left -= bytes.length;
    state = dropHead(state);
  }
  return state;
}

/** Pieces below this size are worth copying together; a larger one goes out as it is. */
export const SMALL: number = 8 * 1024;

/**
 * Joins the small pieces at the head into one, so that they leave in one system call.
 *
 * One small piece alone is left as it is: a copy would be wasted on it.
 */
export function coalesce(output: Output, max: number): Output {
  const { front, back, taken } = output;
  if (front === null || (front.next === null && back === null)) return output;
  const all = front.next === null
    ? { ...output, front: { entry: front.entry, next: inOrder(back) }, back: null }
    : output;
  const parts: Uint8Array[] = [];
  let size = 0;
  let cell: Cell | null = all.front;
  while (cell !== null && cell.entry instanceof Uint8Array) {
    const part = parts.length === 0 ? cell.entry.subarray(taken) : cell.entry;
    if (part.length > SMALL || size + part.length > max) break;
    parts.push(part);
    size += part.length;
    cell = cell.next;
  }
  if (parts.length < 2) return all;
  const slab = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    slab.set(part, at);
    at += part.length;
  }
  return { ...all, front: { entry: slab, next: cell }, taken: 0 };
}

/** Every producer that waits, in order. */
export function producersOf(output: Output): Producer[] {
  const producers: Producer[] = [];
  for (let state = output; state.front !== null; state = dropHead(state)) {
    const { entry } = state.front;
    if (!(entry instanceof Uint8Array)) producers.push(entry);
  }
  return producers;
}

function inOrder(back: Cell | null): Cell | null {
  let front: Cell | null = null;
  for (let cell = back; cell !== null; cell = cell.next) front = { entry: cell.entry, next: front };
  return front;
}

function sizeOf(entry: Entry): number {
  return entry instanceof Uint8Array ? entry.length : 0;
}
