/** What a program is told. */
export interface Told {
  /** Where a server listens that says "ready" in a line, and then sends back what it is sent. */
  readonly port: number;
  /** The entry that `asynchat/adapters` should be here; nothing where there is no adapter. */
  readonly own?: { readonly connect: unknown } | undefined;
}

/** Throws what was observed when it is not what was expected. */
export function same(observed: unknown, expected: unknown): void {
  if (observed === expected) return;
  throw new Error(`expected ${String(expected)}; got ${String(observed)}`);
}
