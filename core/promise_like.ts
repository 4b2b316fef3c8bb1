/**
 * Telling a promise from a plain answer.
 *
 * @module
 */

/** Whether `value` is a promise, of whatever origin. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}
