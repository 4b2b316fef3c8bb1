/**
 * One delimiter: a fixed run of bytes, searched for in linear time whatever it is.
 *
 * @module
 */

/** A delimiter made ready for the search. */
export interface Delimiter {
  readonly kind: "delimiter";
  /** The bytes to look for. Never empty, never changed, owned by nobody outside the core. */
  readonly bytes: Uint8Array;
  /**
   * `fallback[n]`: how many bytes of the delimiter still match when `n` did and the next does not
   * (the failure table of Knuth, Morris and Pratt). It is what makes a held-back prefix a number.
   */
  readonly fallback: Uint32Array;
  /** What the caller gave, to be given back. */
  readonly source: string | Uint8Array;
}

/** Prepares `bytes`, which must not be empty and must not change afterwards. Linear in its length. */
export function compileDelimiter(bytes: Uint8Array, source: string | Uint8Array): Delimiter {
  const fallback = new Uint32Array(bytes.length + 1);
  for (let end = 1, matched = 0; end < bytes.length; end++) {
    while (matched > 0 && bytes[matched] !== bytes[end]) matched = fallback[matched]!;
    if (bytes[matched] === bytes[end]) matched++;
    fallback[end + 1] = matched;
  }
  return { kind: "delimiter", bytes, fallback, source };
}

/**
 * Looks for the first occurrence in `chunk` from `from` on, when the `matched` bytes before `from`
 * are already known to be the start of a delimiter.
 *
 * @returns the index just behind the delimiter; or, when there is none, `~held` (always negative),
 * where `held` is how many bytes at the end of the input may be the start of one.
 */
export function searchDelimiter(
  delimiter: Delimiter,
  chunk: Uint8Array,
  from: number,
  matched: number,
): number {
  const { bytes, fallback } = delimiter;
  const size = bytes.length;
  let at = from;
  while (matched > 0) {
    if (at === chunk.length) return ~matched;
    if (bytes[matched] !== chunk[at]) {
      matched = fallback[matched]!;
      continue;
    }
    at++;
    if (++matched === size) return at;
  }
  if (size === 1) {
    const index = indexOfByte(chunk, bytes[0]!, at);
    return index < 0 ? ~0 : index + 1;
  }
  // The last byte is the rarer sight (`\n` in `\r\n`, `\n` in `\r\n.\r\n`) and, once seen, all that
  // is before it is there to be compared.
  const last = bytes[size - 1]!;
  let work = 0;
  for (let end = at + size - 1; end < chunk.length; end++) {
    end = indexOfByte(chunk, last, end);
    if (end < 0) break;
    const start = end - size + 1;
    let same = 0;
    while (same < size && chunk[start + same] === bytes[same]) same++;
    if (same === size) return end + 1;
    work += same + 1;
    // Input made to look almost right would cost its length times the delimiter's.
    if (work > end - from + 256) return advance(delimiter, chunk, start + 1);
  }
  return advance(delimiter, chunk, Math.max(at, chunk.length - size + 1));
}

/** The plain automaton: no byte is looked at twice, no false start is paid for. */
function advance(delimiter: Delimiter, chunk: Uint8Array, from: number): number {
  const { bytes, fallback } = delimiter;
  let matched = 0;
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at];
    while (matched > 0 && bytes[matched] !== byte) matched = fallback[matched]!;
    if (bytes[matched] === byte) matched++;
    if (matched === bytes.length) return at + 1;
  }
  return ~matched;
}

/** A native search costs about as much to call as this loop costs for so many bytes. */
const NEAR = 48;

function indexOfByte(chunk: Uint8Array, byte: number, from: number): number {
  const near = Math.min(from + NEAR, chunk.length);
  for (let at = from; at < near; at++) {
    if (chunk[at] === byte) return at;
  }
  return near === chunk.length ? -1 : chunk.indexOf(byte, near);
}
