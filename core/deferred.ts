/**
 * Promises that somebody else settles.
 *
 * @module
 */

/** A promise, and how to settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes one, by the runtime's own means where there are any: on Workers a promise belongs to the
 * request that made it, and what optimised code makes of `new Promise` belongs to none.
 */
export function deferred<T>(): Deferred<T> {
  const { withResolvers } = Promise as { withResolvers?: <T>(this: unknown) => Deferred<T> };
  if (withResolvers !== undefined) return withResolvers.call<unknown, [], Deferred<T>>(Promise);
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  return { promise, ...settle! };
}
