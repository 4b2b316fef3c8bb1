/**
 * A stand-in for `jsr:@std/bytes`, written from its documented contract, for machines that reach
 * npm alone. Same names, same arguments, same answers; no code is shared with the original.
 *
 * @module
 */

/** The index where a search begins: a negative `start` counts from the end. */
function fromStart(start: number, length: number): number {
  return start < 0 ? Math.max(0, length + start) : start;
}

/** Whether `needle` lies at `at` in `source`; the caller has checked that it fits. */
function matchesAt(source: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let i = 0; i < needle.length; i++) {
    if (source[at + i] !== needle[i]) return false;
  }
  return true;
}

/**
 * Joins byte arrays into a new one.
 *
 * @param buffers The arrays, in order; the result shares no memory with them.
 * @returns A new array, as long as all of them together.
 */
export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const buffer of buffers) length += buffer.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const buffer of buffers) {
    joined.set(buffer, at);
    at += buffer.length;
  }
  return joined;
}

/**
 * Copies the bytes of `src` into `dst`, as many as fit.
 *
 * @param src Where the bytes come from.
 * @param dst Where they go; its length does not change.
 * @param offset The index in `dst` of the first byte written; held between 0 and its length.
 * @returns How many bytes were copied.
 */
export function copy(src: Uint8Array, dst: Uint8Array, offset = 0): number {
  const at = Math.max(0, Math.min(offset, dst.length));
  const room = dst.length - at;
  const fitting = src.length > room ? src.subarray(0, room) : src;
  dst.set(fitting, at);
  return fitting.length;
}

/**
 * Tells whether `source` ends with the bytes of `suffix`.
 *
 * @param source The bytes to look at.
 * @param suffix The bytes to look for; an empty one ends everything.
 * @returns Whether it does.
 */
export function endsWith(source: Uint8Array, suffix: Uint8Array): boolean {
  const at = source.length - suffix.length;
  return at >= 0 && matchesAt(source, suffix, at);
}

/**
 * Tells whether two arrays hold the same bytes.
 *
 * @param a One array.
 * @param b The other.
 * @returns Whether they are as long as each other and equal byte for byte.
 */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && matchesAt(a, b, 0);
}

/**
 * Tells whether `needle` occurs in `source`.
 *
 * @param source The bytes to look through.
 * @param needle The bytes to look for; an empty one is never found.
 * @param start Where to begin; negative counts from the end.
 * @returns Whether it occurs. O(source × needle).
 */
export function includesNeedle(source: Uint8Array, needle: Uint8Array, start = 0): boolean {
  return indexOfNeedle(source, needle, start) !== -1;
}

/**
 * Finds the first occurrence of `needle`.
 *
 * @param source The bytes to look through.
 * @param needle The bytes to look for; an empty one is never found.
 * @param start Where to begin; negative counts from the end.
 * @returns Its index, or -1. O(source × needle).
 */
export function indexOfNeedle(source: Uint8Array, needle: Uint8Array, start = 0): number {
  const first = needle[0];
  if (first === undefined) return -1;
  const last = source.length - needle.length;
  let at = fromStart(start, source.length);
  while (at <= last) {
    at = source.indexOf(first, at);
    if (at === -1 || at > last) return -1;
    if (matchesAt(source, needle, at)) return at;
    at++;
  }
  return -1;
}

/**
 * Finds the last occurrence of `needle`.
 *
 * @param source The bytes to look through.
 * @param needle The bytes to look for; an empty one is never found.
 * @param start The highest index where it may end; negative finds nothing.
 * @returns Its index, or -1. O(source × needle).
 */
export function lastIndexOfNeedle(
  source: Uint8Array,
  needle: Uint8Array,
  start: number = source.length - 1,
): number {
  if (start < 0 || needle.length === 0) return -1;
  const end = Math.min(start, source.length - 1);
  for (let at = end - needle.length + 1; at >= 0; at--) {
    if (matchesAt(source, needle, at)) return at;
  }
  return -1;
}

/**
 * Repeats the bytes of `source`.
 *
 * @param source The bytes to repeat.
 * @param count How often; 0 gives an empty array.
 * @returns A new array.
 * @throws {RangeError} When `count` is negative or not an integer.
 */
export function repeat(source: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  if (count < 0 || !Number.isInteger(count)) {
    throw new RangeError("Count must be a non-negative integer");
  }
  const repeated = new Uint8Array(source.length * count);
  for (let i = 0; i < count; i++) repeated.set(source, i * source.length);
  return repeated;
}

/**
 * Tells whether `source` starts with the bytes of `prefix`.
 *
 * @param source The bytes to look at.
 * @param prefix The bytes to look for; an empty one starts everything.
 * @returns Whether it does.
 */
export function startsWith(source: Uint8Array, prefix: Uint8Array): boolean {
  return source.length >= prefix.length && matchesAt(source, prefix, 0);
}
