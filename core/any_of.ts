/**
 * Any of several delimiters: the leftmost wins, and at the same place the longest.
 *
 * The answer is a property of the bytes alone. So a short delimiter that may yet grow into a
 * longer one, or that lies inside a longer one begun earlier, is held back until the next bytes
 * have decided, as `"\r"` is for the set `["\r", "\r\n"]`.
 *
 * @module
 */

/**
 * A set of delimiters made ready for the search: the tree of all their prefixes.
 *
 * A node is a number and stands for the prefix that leads to it; node 0 is the empty one. Every
 * table is indexed by node.
 */
export interface AnyOf {
  readonly kind: "any-of";
  /** How many nodes the tree has. */
  readonly size: number;
  /** `node * 256 + byte` to the node one byte further. */
  readonly children: ReadonlyMap<number, number>;
  /** 1 where no delimiter is longer: the match is decided at once. */
  readonly leaf: Uint8Array;
  /** Length of the node's prefix. */
  readonly depth: Uint32Array;
  /** The node of the longest proper suffix that is a prefix of some delimiter as well. */
  readonly fallback: Uint32Array;
  /** Length of the delimiter that has been found if the next byte leads nowhere; 0 for none. */
  readonly matchLength: Uint32Array;
  /** Where in the node's prefix that delimiter starts. */
  readonly matchStart: Uint32Array;
  /** A delimiter that begins with the node's prefix, to have the prefix's bytes from. */
  readonly spelling: readonly Uint8Array[];
  /** 1 for every byte that a delimiter begins with. */
  readonly first: Uint8Array;
  /** What the caller gave, to be given back. */
  readonly source: readonly (string | Uint8Array)[];
}

/** Prepares the set. No delimiter may be empty, and none may change afterwards. */
export function compileAnyOf(
  delimiters: readonly Uint8Array[],
  source: readonly (string | Uint8Array)[],
): AnyOf {
  const children = new Map<number, number>();
  const parent = [0], byteOf = [0], depths = [0];
  const spelling: Uint8Array[] = [new Uint8Array(0)];
  const whole = new Set<number>();
  const inner = new Set<number>();
  for (const delimiter of delimiters) {
    let node = 0;
    for (const byte of delimiter) {
      const key = node * 256 + byte;
      let child = children.get(key);
      if (child === undefined) {
        child = spelling.length;
        children.set(key, child);
        inner.add(node);
        parent.push(node);
        byteOf.push(byte);
        depths.push(depths[node]! + 1);
        spelling.push(delimiter);
      }
      node = child;
    }
    whole.add(node);
  }

  const size = spelling.length;
  const leaf = Uint8Array.from(spelling, (_, node) => inner.has(node) ? 0 : 1);
  const depth = Uint32Array.from(depths);
  const fallback = new Uint32Array(size);
  const matchLength = new Uint32Array(size);
  const matchStart = new Uint32Array(size);
  const suffix = new Uint32Array(size); // the longest proper suffix that is a whole delimiter
  const first = new Uint8Array(256);

  // By depth, so that every table is complete for all shorter prefixes.
  const order = [...depths.keys()].slice(1).sort((a, b) => depths[a]! - depths[b]!);
  for (const node of order) {
    const from = parent[node]!, byte = byteOf[node]!;
    if (from === 0) first[byte] = 1;
    fallback[node] = from === 0 ? 0 : stepFrom(fallback[from]!, byte);
    suffix[node] = whole.has(fallback[node]!) ? fallback[node]! : suffix[fallback[node]!]!;
    if (whole.has(node)) {
      matchLength[node] = depths[node]!;
      continue;
    }
    matchLength[node] = matchLength[from]!;
    matchStart[node] = matchStart[from]!;
    if (suffix[node] === 0) continue;
    const length = depths[suffix[node]!]!, start = depths[node]! - length;
    if (matchLength[node] > 0 && matchStart[node]! < start) continue;
    matchLength[node] = length;
    matchStart[node] = start;
  }
  // A match that starts no earlier than the fallback's prefix is the fallback's to decide.
  for (const node of order) {
    const isDecided = matchStart[node]! < depths[node]! - depths[fallback[node]!]!;
    if (matchStart[node]! > 0 && !isDecided) matchLength[node] = 0;
  }

  return {
    kind: "any-of",
    size,
    children,
    leaf,
    depth,
    fallback,
    matchLength,
    matchStart,
    spelling,
    first,
    source,
  };

  function stepFrom(node: number, byte: number): number {
    for (;;) {
      const child = children.get(node * 256 + byte);
      if (child !== undefined) return child;
      if (node === 0) return 0;
      node = fallback[node]!;
    }
  }
}

/**
 * Looks for the first match in `chunk` from `from` on, when the prefix of `node` lies before it.
 * With `final`, nothing follows the chunk, and nothing is left undecided.
 *
 * @returns `at * set.size + node`, where `at` is the index up to which bytes were looked at and
 * `node` tells the match by `matchStart` and `matchLength`, both relative to `at - depth`; or, when
 * there is none yet, `~node` (always negative) for the prefix held back.
 */
export function searchAnyOf(
  set: AnyOf,
  chunk: Uint8Array,
  from: number,
  node: number,
  final: boolean,
): number {
  const { children, leaf, fallback, matchLength, first, size } = set;
  let at = from;
  for (;;) {
    if (node === 0) {
      while (at < chunk.length && first[chunk[at]!] === 0) at++;
    }
    if (at >= chunk.length) {
      if (!final || node === 0) return ~node;
    } else {
      const child = children.get(node * 256 + chunk[at]!);
      if (child !== undefined) {
        node = child;
        at++;
        if (leaf[node] === 1) return at * size + node;
        continue;
      }
    }
    if (matchLength[node]! > 0) return at * size + node;
    // At the root a byte that begins a delimiter always has a child, so this moves on.
    node = fallback[node]!;
  }
}
